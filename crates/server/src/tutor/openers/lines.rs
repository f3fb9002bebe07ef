//! Openers that were written beforehand. Whoever changes one counts up `WRITTEN_MODEL` in `openers/written.rs`.

/// What many want to talk about.
pub(super) struct Topic {
    /// As Zoe names it.
    pub(super) name: &'static str,
    /// What a student may call it, in lower case, without a "my" or a "the" before it.
    pub(super) called: &'static [&'static str],
    /// From A1 to C2.
    pub(super) openers: [[&'static str; 3]; 6],
}

pub(super) const TOPICS: [Topic; 12] = [
    Topic {
        name: "your weekend",
        called: &["weekend", "weekends", "last weekend", "next weekend", "saturday", "sunday"],
        openers: [
            [
                "Hi, I am Zoe! It is nice to talk to you. What do you do on Saturday?",
                "Hello! Let us talk about the weekend. What do you like to do on Sunday?",
                "Hi there! I am Zoe. Who are you with at the weekend?",
            ],
            [
                "Hi, I am Zoe! What did you do last weekend?",
                "Hello! Tell me about your weekend. What was the best part?",
                "Hi there! What are you going to do next weekend?",
            ],
            [
                "Hi, I am Zoe! What does a really good weekend look like for you?",
                "Hello! Let us talk about your weekend. What have you done since Friday evening?",
                "Nice to hear you! If you had one more day this weekend, how would you spend it?",
            ],
            [
                "Hi, I am Zoe! Some people plan every hour of their weekend, and some plan nothing. Which kind are you?",
                "Hello! Think of a weekend that you still remember well. What made it special?",
                "Good to hear you! How have your weekends changed over the last few years?",
            ],
            [
                "Hello, I am Zoe. I would love to hear how you unwind at the weekend. What actually leaves you feeling rested?",
                "Welcome! Weekends tend to fill up with things that we never chose. How do you guard your own time?",
                "Good to hear you! Picture a weekend with no obligations whatsoever. What would you end up doing?",
            ],
            [
                "Hello, I am Zoe. They say that Sunday evening has a mood all of its own. How would you put yours into words?",
                "Welcome! Suppose that weekends were abolished tomorrow. What would be lost besides the hours of rest?",
                "Good to hear you! There is a fine line between idling and recharging. Where do you come down on a typical Saturday?",
            ],
        ],
    },
    Topic {
        name: "your favourite food",
        called: &[
            "food",
            "favourite food",
            "favorite food",
            "cooking",
            "food and cooking",
            "meals",
            "eating",
            "breakfast",
            "dinner",
        ],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about food. What do you eat in the morning?",
                "Hello! I like pizza. What food do you like?",
                "Hi there! I am Zoe. What do you eat with your family?",
            ],
            [
                "Hi, I am Zoe! What did you have for dinner yesterday?",
                "Hello! Let us talk about food. What can you cook?",
                "Hi there! What is the best food in your country?",
            ],
            [
                "Hi, I am Zoe! Is there a dish that makes you think of home? What is it like?",
                "Hello! Let us talk about food. What is something that you would never eat again, and why?",
                "Nice to hear you! If I came to dinner at your home, what would you cook for me?",
            ],
            [
                "Hi, I am Zoe! Food often has a story behind it. Which meal do you connect with a special memory?",
                "Hello! Some people live to eat, and some just eat to live. Which are you, and how can one tell?",
                "Good to hear you! How has what you eat changed compared with a few years ago?",
            ],
            [
                "Hello, I am Zoe. What people eat says a lot about where they come from. What does your table give away about you?",
                "Welcome! Everyone seems to have strong opinions about food these days. Which of yours would start an argument?",
                "Good to hear you! Imagine describing your favourite dish to someone who has never tasted anything like it. Where would you begin?",
            ],
            [
                "Hello, I am Zoe. A single smell can bring back a whole kitchen. Which one does that to you, and what comes flooding back?",
                "Welcome! Some call cooking an art, others a chore dressed up as one. What would you say to either camp?",
                "Good to hear you! Recipes change every time they are handed down. At what point does a dish stop being the real thing?",
            ],
        ],
    },
    Topic {
        name: "your family",
        called: &["family", "parents", "brothers and sisters", "family life"],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about families. Who is in your family?",
                "Hello! I am Zoe. What does your family do together?",
                "Hi there! Who do you live with?",
            ],
            [
                "Hi, I am Zoe! Who in your family do you talk to most?",
                "Hello! Tell me about your family. What did you do together last week?",
                "Hi there! Who in your family makes you laugh?",
            ],
            [
                "Hi, I am Zoe! Who in your family are you most like, and in what way?",
                "Hello! Let us talk about families. What is something that you have learned from somebody in yours?",
                "Nice to hear you! Is there a story that is told again and again in your family? What happens in it?",
            ],
            [
                "Hi, I am Zoe! Every family has its own little traditions. Which of yours would you like to keep?",
                "Hello! Some people say that friends are the family we choose. How do you see that?",
                "Good to hear you! What would somebody notice first if they spent a day with your family?",
            ],
            [
                "Hello, I am Zoe. Families tend to have unwritten rules. Which ones have you only recently become aware of?",
                "Welcome! We inherit more than looks from the people who raise us. What would you say has been passed on to you?",
                "Good to hear you! How much do you think the place that one has among brothers and sisters shapes a person?",
            ],
            [
                "Hello, I am Zoe. It has been said that every family is a small country with a language of its own. What would a visitor need translated in yours?",
                "Welcome! Loyalty to one's family and being true to oneself do not always go hand in hand. Where have you seen them part ways?",
                "Good to hear you! Memories are shared in a family, yet seldom agreed upon. What do you suppose makes them diverge so?",
            ],
        ],
    },
    Topic {
        name: "animals",
        called: &["animals", "animal", "pets", "pet", "dogs", "cats", "dog", "cat", "favourite animal"],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about animals. What animals do you like?",
                "Hello! I like dogs and cats. What about you?",
                "Hi there! What animals can you see near your home?",
            ],
            [
                "Hi, I am Zoe! Have you got a pet, or would you like one? Tell me about it.",
                "Hello! Let us talk about animals. Which animal did you like most when you were little?",
                "Hi there! What animal are you afraid of, and why?",
            ],
            [
                "Hi, I am Zoe! If you could understand one animal for a day, which one would you choose?",
                "Hello! Let us talk about animals. What is the most surprising thing that you have seen an animal do?",
                "Nice to hear you! What should people think about before they get a pet?",
            ],
            [
                "Hi, I am Zoe! Some people treat their pets like members of the family. What do you think about that?",
                "Hello! Which animal do you think people misunderstand most, and how would you defend it?",
                "Good to hear you! Zoos teach children a lot, but the animals pay for it. How do you feel about them?",
            ],
            [
                "Hello, I am Zoe. We share our homes with some animals and eat others. What do you make of that?",
                "Welcome! People are quick to see human feelings in animals. Where do you think that goes too far?",
                "Good to hear you! Which creature has earned your respect, and what brought that about?",
            ],
            [
                "Hello, I am Zoe. We speak of a cunning fox and a loyal dog. What do such sayings reveal about us rather than about them?",
                "Welcome! Suppose that animals could bring a single case before a human court. Which grievance would you put first?",
                "Good to hear you! Living beside another creature teaches a wordless kind of understanding. How would you describe it?",
            ],
        ],
    },
    Topic {
        name: "music you love",
        called: &[
            "music",
            "favourite music",
            "songs",
            "bands",
            "singing",
            "music i love",
            "music you love",
            "music that i like",
            "favourite song",
        ],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about music. What music do you like?",
                "Hello! I am Zoe. Who is your favourite singer?",
                "Hi there! When do you listen to music?",
            ],
            [
                "Hi, I am Zoe! What song did you listen to today?",
                "Hello! Let us talk about music. What can you play or sing?",
                "Hi there! What music makes you happy, and why?",
            ],
            [
                "Hi, I am Zoe! Is there a song that you know by heart? What is it about?",
                "Hello! Let us talk about music. How has your taste changed since you were a child?",
                "Nice to hear you! What do you listen to when you have had a bad day?",
            ],
            [
                "Hi, I am Zoe! A song can bring back a whole summer. Which one does that for you?",
                "Hello! Do you think that it matters what the words of a song are about? Why, or why not?",
                "Good to hear you! If you could learn one instrument overnight, which one would it be, and what would you do with it?",
            ],
            [
                "Hello, I am Zoe. Some people cannot work without music, and others cannot work with it. What does it do to your thoughts?",
                "Welcome! We tend to hold on to the music of our youth. What do you suppose gives it such a grip?",
                "Good to hear you! Which piece of music would you play to someone who claims not to care for any?",
            ],
            [
                "Hello, I am Zoe. Music is said to begin where words leave off. When has a piece told you something that you could not have put into words?",
                "Welcome! Machines now write songs that pass for human ones. What, if anything, would you still listen for?",
                "Good to hear you! Taste in music is worn like a badge. What do you think yours gives away, rightly or wrongly?",
            ],
        ],
    },
    Topic {
        name: "films and series",
        called: &[
            "films",
            "movies",
            "films and series",
            "movies and series",
            "series",
            "tv",
            "tv shows",
            "cinema",
            "film",
            "a film i saw",
        ],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about films. What film do you like?",
                "Hello! I am Zoe. What do you watch on TV?",
                "Hi there! Who is your favourite person in a film?",
            ],
            [
                "Hi, I am Zoe! What was the last film that you watched?",
                "Hello! Let us talk about films. Do you like funny films or sad films, and why?",
                "Hi there! Tell me about a series that you like. Who is in it?",
            ],
            [
                "Hi, I am Zoe! Which film or series would you tell a friend to watch, and what is it about?",
                "Hello! Let us talk about films. Which one was so bad that you stopped watching, and why?",
                "Nice to hear you! If your life were a film, what kind of film would it be?",
            ],
            [
                "Hi, I am Zoe! Some people like to know how a film ends before they watch it. How about you?",
                "Hello! Think of a book that was made into a film. What did the film get right or wrong?",
                "Good to hear you! Which character from a film or a series has stayed in your mind, and why?",
            ],
            [
                "Hello, I am Zoe. Series keep us watching with endings that settle nothing. How do you feel about being hooked like that?",
                "Welcome! Which film changed the way that you look at something, even if only slightly?",
                "Good to hear you! We often forgive people on the screen what we would never forgive in life. Who comes to mind?",
            ],
            [
                "Hello, I am Zoe. The best scenes often hinge on what is left unsaid. Which one has haunted you in that way?",
                "Welcome! Every remake promises to breathe new life into a story. What would persuade you that one was called for?",
                "Good to hear you! Some hold that we watch films to flee from life, others to face it. Where would you place your own favourites?",
            ],
        ],
    },
    Topic {
        name: "sports and games",
        called: &["sports", "sport", "sports and games", "football", "soccer", "games", "playing games"],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about sports and games. What do you like to play?",
                "Hello! I am Zoe. Who do you play games with?",
                "Hi there! What sport do you like to watch?",
            ],
            [
                "Hi, I am Zoe! When did you last play a game or do a sport? How was it?",
                "Hello! Let us talk about games. What game are you good at?",
                "Hi there! Which sport would you like to learn, and why?",
            ],
            [
                "Hi, I am Zoe! What is the most exciting game or match that you have ever seen?",
                "Hello! Let us talk about games. How do you feel when you lose?",
                "Nice to hear you! If you had to explain the rules of your favourite game, where would you start?",
            ],
            [
                "Hi, I am Zoe! Some say that it is only the taking part that counts. Do you agree?",
                "Hello! What can people learn from a sport or a game that they do not learn anywhere else?",
                "Good to hear you! Should playing computer games count as a sport? What would you say?",
            ],
            [
                "Hello, I am Zoe. Competition brings out the best in some people and the worst in others. What does it bring out in you?",
                "Welcome! Top athletes earn fortunes while most clubs live on volunteers. How do you feel about that imbalance?",
                "Good to hear you! Why do you think that people care so deeply about a team that does not even know them?",
            ],
            [
                "Hello, I am Zoe. A game is a set of obstacles that we choose freely. What do you suppose draws us to them?",
                "Welcome! Graceful losing is praised far more than it is practised. When have you seen it done well?",
                "Good to hear you! Rules may be bent without being broken. Where does gamesmanship shade into cheating, in your book?",
            ],
        ],
    },
    Topic {
        name: "travel",
        called: &[
            "travel",
            "travelling",
            "traveling",
            "trips",
            "holidays",
            "holiday",
            "vacation",
            "trip",
            "last holiday",
        ],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about holidays. Where do you like to go?",
                "Hello! I am Zoe. What is in your bag when you go on a trip?",
                "Hi there! Do you like the sea or the mountains? What do you do there?",
            ],
            [
                "Hi, I am Zoe! Where did you go on your last holiday?",
                "Hello! Let us talk about travel. Which country do you want to see, and why?",
                "Hi there! How do you like to travel: by train, by car or by plane? Tell me why.",
            ],
            [
                "Hi, I am Zoe! Tell me about a trip that did not go as planned. What happened?",
                "Hello! Let us talk about travel. What is the most beautiful place that you have ever been to?",
                "Nice to hear you! If you could leave tomorrow for a week, where would you go?",
            ],
            [
                "Hi, I am Zoe! Some people want to see everything on a trip, and others want to stay in one place. What suits you?",
                "Hello! What did you find out about your own country by leaving it, or by meeting visitors?",
                "Good to hear you! What would you show a guest who had only one day in your town?",
            ],
            [
                "Hello, I am Zoe. They say that travel broadens the mind. When has it done that for you, and when has it not?",
                "Welcome! Popular places are being worn down by the very people who love them. How should that be dealt with?",
                "Good to hear you! What is it that you miss most when you are far from home?",
            ],
            [
                "Hello, I am Zoe. A tourist is always somebody else, as the saying goes. What sets a traveller apart, if anything does?",
                "Welcome! Some journeys only make sense once one is back. Which of yours took a while to sink in?",
                "Good to hear you! With the whole world a click away, what is left that one has to go and see in person?",
            ],
        ],
    },
    Topic {
        name: "a good friend",
        called: &["friends", "friend", "best friend", "friendship", "a good friend", "good friend"],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about friends. Who is your best friend?",
                "Hello! I am Zoe. What do you do with your friends?",
                "Hi there! Where do you meet your friends?",
            ],
            [
                "Hi, I am Zoe! How did you meet your best friend?",
                "Hello! Let us talk about friends. What did you do with a friend last week?",
                "Hi there! What is your best friend like?",
            ],
            [
                "Hi, I am Zoe! What makes somebody a good friend, in your opinion?",
                "Hello! Let us talk about friends. What is something kind that a friend has done for you?",
                "Nice to hear you! Are you and your best friend alike, or quite different? In what way?",
            ],
            [
                "Hi, I am Zoe! Is it better to have a few close friends or a lot of them? What do you think?",
                "Hello! What would you do if a good friend asked you to keep a secret that worried you?",
                "Good to hear you! How do you stay close to friends who live far away?",
            ],
            [
                "Hello, I am Zoe. Friendships change as people do. What helps one to survive that?",
                "Welcome! We tend to make friends with people who are like us. When has somebody quite unlike you become close?",
                "Good to hear you! How honest should one be with a friend when the truth is going to hurt?",
            ],
            [
                "Hello, I am Zoe. Old friends know versions of us that no longer exist. How do you feel about being remembered that way?",
                "Welcome! Some friendships end in a quarrel, and most simply fade. Which do you find harder to come to terms with?",
                "Good to hear you! It takes a certain tact to be both candid and kind. How do you strike that balance among friends?",
            ],
        ],
    },
    Topic {
        name: "your free time",
        called: &["hobbies", "hobby", "free time", "favourite hobby", "spare time", "interests"],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about free time. What do you like to do?",
                "Hello! I am Zoe. What is your hobby?",
                "Hi there! What do you do in the evening?",
            ],
            [
                "Hi, I am Zoe! What did you do in your free time yesterday?",
                "Hello! Let us talk about hobbies. When did you start yours?",
                "Hi there! What new hobby would you like to try?",
            ],
            [
                "Hi, I am Zoe! What do you enjoy so much that you forget the time?",
                "Hello! Let us talk about free time. Which hobby have you given up, and why?",
                "Nice to hear you! How would you explain your favourite hobby to somebody who has never tried it?",
            ],
            [
                "Hi, I am Zoe! Some people turn their hobby into a job. Would that be a good idea for you?",
                "Hello! If you had two free hours every day, what would you spend them on?",
                "Good to hear you! How much of your free time do you spend in front of a screen, and are you happy with that?",
            ],
            [
                "Hello, I am Zoe. Being bad at something for a long time is part of any hobby. What have you stuck with all the same?",
                "Welcome! Free time has a way of vanishing. Where does yours really go?",
                "Good to hear you! What does your favourite pastime give you that nothing else does?",
            ],
            [
                "Hello, I am Zoe. We are urged to make the most even of our leisure. What, to your mind, is worth doing badly and for its own sake?",
                "Welcome! An enthusiasm looks odd from the outside. Which of yours would take the most explaining?",
                "Good to hear you! Boredom is said to be the mother of invention. When did it last bear fruit for you?",
            ],
        ],
    },
    Topic {
        name: "the place where you live",
        called: &[
            "home",
            "house",
            "town",
            "home town",
            "hometown",
            "city",
            "room",
            "place where i live",
            "place where you live",
            "where i live",
        ],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about your home. What is in your room?",
                "Hello! I am Zoe. Where do you live?",
                "Hi there! What do you like in your town?",
            ],
            [
                "Hi, I am Zoe! What can people do in your town?",
                "Hello! Let us talk about your home. Which room do you like best, and why?",
                "Hi there! What did you see on your way home yesterday?",
            ],
            [
                "Hi, I am Zoe! What would you change about the place where you live if you could?",
                "Hello! Let us talk about where you live. What is your favourite corner of it, and what do you do there?",
                "Nice to hear you! Would you rather live in a big city or in a quiet village? Why?",
            ],
            [
                "Hi, I am Zoe! What would a stranger never find out about your town from a guidebook?",
                "Hello! What turns a house into a home, as you see it?",
                "Good to hear you! How has the place where you live changed since you first knew it?",
            ],
            [
                "Hello, I am Zoe. Places shape the people who live in them. In what way has yours rubbed off on you?",
                "Welcome! If you were in charge of your town for a year, what would you tackle first?",
                "Good to hear you! Some people put down roots, and others keep moving. What do you feel drawn to?",
            ],
            [
                "Hello, I am Zoe. One can feel like a stranger at home and at home among strangers. What does belonging hinge on, for you?",
                "Welcome! Every town tells a flattering story about itself. What does yours gloss over?",
                "Good to hear you! Suppose that you could keep only one view from a window for ever. Which would it be, and what does it hold for you?",
            ],
        ],
    },
    Topic {
        name: "your day",
        called: &["day", "daily routine", "daily life", "routine", "everyday life", "a normal day", "today"],
        openers: [
            [
                "Hi, I am Zoe! Let us talk about your day. When do you get up?",
                "Hello! I am Zoe. What do you do in the morning?",
                "Hi there! What do you do after lunch?",
            ],
            [
                "Hi, I am Zoe! What did you do this morning?",
                "Hello! Tell me about your day. What was good today?",
                "Hi there! What are you going to do tomorrow?",
            ],
            [
                "Hi, I am Zoe! What is the best moment of a normal day for you, and why?",
                "Hello! Let us talk about your day. What has happened so far that you did not expect?",
                "Nice to hear you! Which part of your day would you leave out if you could?",
            ],
            [
                "Hi, I am Zoe! Are you at your best early in the morning or late at night? How do you notice?",
                "Hello! What small habit makes your day better, and how did you get into it?",
                "Good to hear you! If a day had two more hours, what would change for you?",
            ],
            [
                "Hello, I am Zoe. Routines can hold a day together or flatten it. What do yours do?",
                "Welcome! What did you put off today, and what was really behind it?",
                "Good to hear you! Which moment of today would be worth writing down, however small?",
            ],
            [
                "Hello, I am Zoe. Most days slip by without leaving a trace. What might keep this one from doing so?",
                "Welcome! Habit is a good servant and a poor master. Where does it have the upper hand with you?",
                "Good to hear you! If somebody were to follow you about for a day, what would they get entirely wrong about you?",
            ],
        ],
    },
];
