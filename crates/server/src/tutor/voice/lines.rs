//! The built-in voice's lines. Whoever changes one counts up `BUILT_IN_MODEL` in `tutor/engine.rs`.

/// Lines for a turn: easy, middle, hard.
pub(super) const TURNS: [&[&str]; 3] = [
    &[
        "Thank you for telling me that. Can you tell me more?",
        "I am listening. What else can you tell me?",
        "Please go on. Can you give me an example?",
        "Thank you. Can you tell me why?",
        "I would like to hear more. How do you feel about it?",
        "Take your time. What comes next?",
        "Thank you for sharing. What is most important for you here?",
        "Please tell me more. You can use two or three sentences.",
        "Let us stay here for a moment. What should I know about it?",
        "Thank you. Can you say that in another way?",
        "I hear you. What do you want to say next?",
        "It is good to talk with you. What else do you think?",
    ],
    &[
        "Thanks for sharing that with me. Could you tell me a little more about it?",
        "I would like to hear more. What makes it important to you?",
        "Please go on. Can you give me an example?",
        "That sounds worth talking about. How did it begin?",
        "Thank you. Could you explain that in other words?",
        "Let us stay with that for a moment. How do you feel about it?",
        "I am listening. What else should I know?",
        "Take your time. What would you like to add?",
        "Thank you for telling me. What do other people say about it?",
        "I am curious. How has that changed over time?",
        "Please tell me more. What would you like to happen next?",
        "Thanks. If you told this to a friend, where would you start?",
    ],
    &[
        "Thank you for putting that into words. Would you take me a step further into it?",
        "I would be curious to hear how you came to see it that way.",
        "Let us dwell on that for a moment. What would someone who disagrees with you say?",
        "That deserves a closer look. Could you illustrate it with something you have experienced?",
        "Please go on. What do you think lies behind it?",
        "Thank you. If you had to explain that to a friend in two sentences, how would you put it?",
        "I am listening closely. Which part of that matters most to you?",
        "Let us look at it from another side. What tends to be overlooked?",
        "Thank you for being so open. How has your view of it shifted over the years?",
        "That invites a question. Where would you draw the line?",
        "I would like to follow that thread. What does it remind you of?",
        "Take all the time you need. What have you left unsaid so far?",
    ],
];

/// Lines for a turn that name the topic: easy, middle, hard.
pub(super) const TURNS_ON_A_TOPIC: [&[&str]; 3] = [
    &[
        "Thank you. What else can you say about {topic}?",
        "I want to know more about {topic}. Can you help me?",
        "Let us talk more about {topic}. What do you think about it?",
    ],
    &[
        "Thanks. How does that fit in with {topic}, for you?",
        "I would like to come back to {topic}. What else comes to mind?",
        "Let us talk a bit more about {topic}. What do you find most interesting about it?",
    ],
    &[
        "Thank you. How would you connect that with {topic}?",
        "I keep thinking about {topic}. What question about it would you like to be asked?",
        "Let us return to {topic} for a moment. What is your strongest feeling about it?",
    ],
];

/// Openers, from A1 to C2.
pub(super) const STARTERS: [&[&str]; 6] = [
    &[
        "Hi, I am Zoe! Today we talk about {topic}. Do you like it?",
        "Hello! I am Zoe. Let us talk about {topic}. What can you say?",
        "Hi there! Our topic is {topic}. What do you think?",
        "Hello, I am Zoe! We talk about {topic} now. Are you ready?",
    ],
    &[
        "Hi, I am Zoe! Today we talk about {topic}. What can you tell me about it?",
        "Hello! It is nice to talk with you. Let us talk about {topic}. Where do we start?",
        "Hi there! Our topic is {topic}. Do you know a lot about it?",
        "Hello, I am Zoe! Tell me about {topic}. What is the first thing you think of?",
    ],
    &[
        "Hi, I am Zoe! I have been looking forward to talking about {topic} with you. What comes to mind first?",
        "Hello! Let us talk about {topic} today. When did you last think about it?",
        "Nice to hear you! Our topic is {topic}. What is your own experience with it?",
        "Hi! Today is about {topic}. What would you like to tell me first?",
    ],
    &[
        "Hi, I am Zoe! Let us talk about {topic}. What makes it interesting, or difficult, for you?",
        "Hello! I would love to hear your thoughts on {topic}. Where shall we begin?",
        "Good to hear you! Today's topic is {topic}. How has your opinion of it changed over time?",
        "Hi! We have some time for {topic} today. What would surprise most people about it?",
    ],
    &[
        "Hello, I am Zoe. I thought we might explore {topic} today. Where would you like to begin?",
        "Hi! Let us turn to {topic}. What do people most often get wrong about it, in your view?",
        "Welcome! Our topic today is {topic}. What first drew you to it?",
        "Good to hear you! I would like to get to the heart of {topic} with you. What strikes you as most important?",
    ],
    &[
        "Hello, I am Zoe. I am keen to hear your take on {topic}. What, to your mind, is really at stake?",
        "Welcome! Let us take {topic} apart a little today. Which assumption about it would you question first?",
        "Good to hear you! The subject is {topic}. How would you frame it for somebody who has never given it a thought?",
        "Hi! I have set {topic} on the table for us. Where do your own instincts pull you?",
    ],
];

/// Topics when none was asked for: easy, middle, hard.
pub(super) const TOPICS: [&[&str]; 3] = [
    &[
        "your favourite food",
        "your family",
        "your weekend",
        "animals",
        "your school day",
        "your home",
        "sports and games",
    ],
    &[
        "a trip you remember",
        "music you love",
        "a good friend",
        "films and series",
        "your plans for next year",
        "something you are good at",
        "the place where you live",
    ],
    &[
        "a decision that changed you",
        "the future of work",
        "what makes a good city",
        "an idea worth defending",
        "how people learn",
        "the stories we tell about ourselves",
    ],
];
