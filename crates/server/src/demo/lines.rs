//! What the made-up class talks about.

/// A topic, with what Zoe opens with and how it goes on.
pub(super) struct Topic {
    pub(super) name: &'static str,
    pub(super) starter: &'static str,
    pub(super) exchanges: &'static [Exchange],
}

/// What a student says, and what Zoe answers.
pub(super) struct Exchange {
    /// With the slip in it, if there is one.
    pub(super) said: &'static str,
    pub(super) slip: Option<Slip>,
    pub(super) reply: &'static str,
}

/// A slip, and how it is said.
pub(super) struct Slip {
    pub(super) original: &'static str,
    pub(super) corrected: &'static str,
    pub(super) explanation: &'static str,
    pub(super) category: &'static str,
    pub(super) kind: &'static str,
}

const fn clean(said: &'static str, reply: &'static str) -> Exchange {
    Exchange { said, slip: None, reply }
}

const fn slip(
    said: &'static str,
    [original, corrected, explanation, category, kind]: [&'static str; 5],
    reply: &'static str,
) -> Exchange {
    Exchange { said, slip: Some(Slip { original, corrected, explanation, category, kind }), reply }
}

/// How Zoe ends a call.
pub(super) const GOODBYES: &[&str] = &[
    "That was a lovely talk. You told a whole story in English. See you next time!",
    "Thank you for talking with me today. I hope we go on with this tomorrow!",
    "You did well today. Have a good rest of the day!",
];

/// What is said of a call that is looked back at; `{topic}` stands for the topic.
pub(super) const SUMMARIES: &[&str] = &[
    "You talked about {topic} and stayed in English the whole time. Your answers grew longer as the call went on.",
    "A brave call about {topic}: you tried new words, and went on when one was missing.",
    "You told me about {topic} in whole sentences and asked back. That is how conversations live.",
];

/// What could be tried next.
pub(super) const NEXT_STEPS: &[&str] = &[
    "Tell the same story again and use the past tense from beginning to end.",
    "Ask Zoe two questions in your next call.",
    "Use “because” three times tomorrow.",
    "Say the corrected sentences aloud, twice each.",
    "Try a call about something you have never talked about.",
];

/// Why a moment was a good one.
pub(super) const REASONS: &[&str] = &[
    "A whole idea in one brave sentence.",
    "Clear, and in your own words.",
    "You kept going without a pause.",
];

/// The topics.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        name: "my weekend",
        starter: "Hi, it is Zoe! How was your weekend? Tell me one thing that you liked.",
        exchanges: &[
            slip(
                "Yesterday I go to the beach with my brother.",
                ["I go to", "I went to", "Yesterday is past, so: went.", "grammar", "VERB:TENSE"],
                "The beach, how nice! What did you two do there?",
            ),
            slip(
                "We played football and then we have eaten ice cream.",
                [
                    "we have eaten",
                    "we ate",
                    "For something finished at a known time, use the simple past.",
                    "grammar",
                    "VERB:TENSE",
                ],
                "Football and ice cream go well together. Who won?",
            ),
            clean(
                "My brother won, but only because he is older than me.",
                "Older brothers are hard to beat! Is the beach far from your home?",
            ),
            slip(
                "No, it is near of my house, we can walk.",
                ["near of my house", "near my house", "“Near” needs no “of”.", "grammar", "PREP"],
                "Lucky you. What would you like to do next weekend?",
            ),
            clean(
                "I want to swim if the weather is good. What do you like to do?",
                "I like listening to stories like yours. Do you often swim?",
            ),
            slip(
                "Yes, I swim every days in summer.",
                ["every days", "every day", "“Every” is followed by one: every day.", "grammar", "NOUN:NUM"],
                "Every day! Then you must be very good at it.",
            ),
        ],
    },
    Topic {
        name: "music that I like",
        starter: "Hello again! Do you have a song that you cannot stop singing?",
        exchanges: &[
            slip(
                "Yes, I am hearing a song all day in my phone.",
                [
                    "am hearing a song all day in my phone",
                    "listen to a song all day on my phone",
                    "We listen to music, and it is on the phone.",
                    "vocab",
                    "VERB",
                ],
                "I know that feeling! What is it about?",
            ),
            clean(
                "It is about a girl who travels alone and is not afraid.",
                "What a strong idea. Does she remind you of somebody?",
            ),
            slip(
                "She remembers me my aunt, she travels a lot.",
                [
                    "remembers me my aunt",
                    "reminds me of my aunt",
                    "A person or a song reminds you of somebody.",
                    "vocab",
                    "VERB",
                ],
                "Your aunt sounds interesting. Where has she been?",
            ),
            slip(
                "She was in Peru, in Japan and in others countries.",
                [
                    "others countries",
                    "other countries",
                    "“Other” before a noun has no s.",
                    "grammar",
                    "ADJ:FORM",
                ],
                "So far away! Would you like to travel with her?",
            ),
            clean(
                "I would love to go with her, because she knows a lot of people and she is never in a hurry.",
                "What a beautiful way to describe somebody. Can you play an instrument?",
            ),
            slip(
                "I play guitar since two years.",
                [
                    "play guitar since two years",
                    "have played the guitar for two years",
                    "For how long until now: have played … for.",
                    "grammar",
                    "VERB:TENSE",
                ],
                "Two years, well done! Which song did you learn first?",
            ),
        ],
    },
    Topic {
        name: "my family",
        starter: "Good to hear you! Tell me, who do you live with?",
        exchanges: &[
            slip(
                "I live with my parents and my sister, she have nine years.",
                [
                    "she have nine years",
                    "she is nine years old",
                    "In English you are an age; you do not have it.",
                    "grammar",
                    "VERB:SVA",
                ],
                "Nine is a lovely age. What is she like?",
            ),
            clean("She is funny and she talks more than everybody.", "Ha! Does she also talk in her sleep?"),
            slip(
                "Yes! She sometimes speak at night and I must laugh.",
                [
                    "speak at night",
                    "speaks at night",
                    "She, he, it: the verb takes an s.",
                    "grammar",
                    "VERB:SVA",
                ],
                "That must be funny. Who cooks at your home?",
            ),
            slip(
                "My father makes the cook, he is very good.",
                ["makes the cook", "does the cooking", "We say: do the cooking.", "vocab", "NOUN"],
                "What is the best thing that he makes?",
            ),
            clean(
                "His best dish is rice with fish, and on Sundays my grandmother comes and says that hers is better.",
                "And who is right? You can tell me!",
            ),
            clean(
                "I think my grandmother is right, but please do not tell my father!",
                "Your secret is safe with me. Would you like to learn to cook?",
            ),
        ],
    },
    Topic {
        name: "a film I saw",
        starter: "Hi there! What was the last film that you really liked?",
        exchanges: &[
            slip(
                "I have seen a film about a robot last week.",
                [
                    "have seen a film about a robot",
                    "saw a film about a robot",
                    "Last week is over, so: saw.",
                    "grammar",
                    "VERB:TENSE",
                ],
                "A robot! Is it a good robot or a bad one?",
            ),
            clean(
                "At the beginning it is bad, but then it learns to help people.",
                "I like it when somebody changes. How does it learn?",
            ),
            slip(
                "A boy explains him what is a friend.",
                [
                    "explains him what is a friend",
                    "explains to it what a friend is",
                    "Explain to somebody; and in such a clause the verb comes last.",
                    "grammar",
                    "WO",
                ],
                "That is a big question. What is a friend for you?",
            ),
            clean(
                "A friend is someone who stays when you are not funny.",
                "That is one of the best answers I have ever heard. Did you cry in the film?",
            ),
            slip(
                "A little, but I said that I have something in the eye.",
                [
                    "I have something in the eye",
                    "I had something in my eye",
                    "Said is past, so: had; and parts of the body are ours.",
                    "grammar",
                    "DET",
                ],
                "The oldest trick in the cinema! Who was with you?",
            ),
            clean(
                "My cousin was with me and she did not believe me.",
                "Cousins always know. Would you watch it again?",
            ),
        ],
    },
    Topic {
        name: "school and what I learn",
        starter: "Hello! Which lesson did you enjoy most this week?",
        exchanges: &[
            slip(
                "I like the biology because we did an experiment.",
                ["the biology", "biology", "Subjects have no article.", "grammar", "DET"],
                "An experiment! What did you find out?",
            ),
            clean(
                "We put a flower in blue water and after a day the flower was blue.",
                "How beautiful. Do you know why that happens?",
            ),
            slip(
                "The water goes up in the flower, like in a little tubes.",
                ["a little tubes", "little tubes", "“A” does not go with a plural.", "grammar", "DET"],
                "Exactly right. What would you like to try next?",
            ),
            slip(
                "I would like to make a volcano, it must be very funny.",
                [
                    "very funny",
                    "great fun",
                    "Something that we enjoy is fun; something that makes us laugh is funny.",
                    "vocab",
                    "ADJ",
                ],
                "A volcano is always a good idea. Is your teacher patient?",
            ),
            clean(
                "Yes, she never shouts and she explains everything twice.",
                "She sounds wonderful. And what is difficult for you at school?",
            ),
            slip(
                "Maths is difficult, I do many faults.",
                ["do many faults", "make many mistakes", "In school we make mistakes.", "vocab", "NOUN"],
                "Mistakes are how we learn. You make fewer than you think.",
            ),
        ],
    },
    Topic {
        name: "sports",
        starter: "Hi! Do you do any sport, or do you prefer watching it?",
        exchanges: &[
            slip(
                "I play basketball three times in the week.",
                [
                    "three times in the week",
                    "three times a week",
                    "How often: three times a week.",
                    "grammar",
                    "PREP",
                ],
                "Three times! Which position do you play?",
            ),
            clean(
                "I am not very tall, so I play in the back and I pass the ball quickly.",
                "Quick hands are worth more than long legs. Do you play matches?",
            ),
            slip(
                "Yes, on Saturday we have lost against the other school.",
                [
                    "we have lost against",
                    "we lost against",
                    "Saturday is over, so: lost.",
                    "grammar",
                    "VERB:TENSE",
                ],
                "Oh no! Was it close?",
            ),
            clean(
                "It was very close, only two points, and in the last minute I nearly scored.",
                "What a story! How did you feel?",
            ),
            slip(
                "I felt me sad but my team said to me good job.",
                ["I felt me sad", "I felt sad", "Feel needs no “me”.", "grammar", "PRON"],
                "A good team. What did your trainer say?",
            ),
            clean(
                "He said that we should be proud. Do you think that he is right?",
                "He is right. You can be proud of a good fight.",
            ),
        ],
    },
    Topic {
        name: "food and cooking",
        starter: "Hello! What did you have for breakfast today?",
        exchanges: &[
            slip(
                "I ate a bread with cheese and I drunk a juice.",
                [
                    "I drunk a juice",
                    "I drank juice",
                    "Drink, drank, drunk: the past is drank.",
                    "grammar",
                    "VERB:FORM",
                ],
                "Simple and good. What is a typical breakfast where you live?",
            ),
            clean(
                "Many people eat only a coffee and a biscuit, but I am too hungry for that.",
                "I understand! Can you cook something yourself?",
            ),
            slip(
                "I can do pancakes, my mother learned me.",
                [
                    "my mother learned me",
                    "my mother taught me",
                    "The teacher teaches, the student learns.",
                    "vocab",
                    "VERB",
                ],
                "Pancakes! Explain to me how you make them.",
            ),
            slip(
                "First you mix the flour with two egg and milk.",
                ["two egg", "two eggs", "More than one: eggs.", "grammar", "NOUN:NUM"],
                "So far so good. And then?",
            ),
            clean(
                "Then you wait ten minutes, you make the pan hot and you put a little butter.",
                "My mouth is watering. What do you put on top?",
            ),
            clean(
                "I put honey and lemon on top. Have you ever tried that?",
                "I can only imagine it, but it sounds perfect.",
            ),
        ],
    },
    Topic {
        name: "animals",
        starter: "Hi! Is there an animal that you would like to have at home?",
        exchanges: &[
            slip(
                "I have already a dog, his name is Pipo.",
                [
                    "have already a dog",
                    "already have a dog",
                    "“Already” stands before the verb here.",
                    "fluency",
                    "WO",
                ],
                "Hello Pipo! What does he look like?",
            ),
            clean(
                "He is small and brown, and one of his ears is always up.",
                "I can see him in my mind. Does he do tricks?",
            ),
            slip(
                "He can give the foot, but only when you have a cookie.",
                ["give the foot", "give his paw", "Animals with claws have paws.", "vocab", "NOUN"],
                "A clever dog knows his price! Who walks him?",
            ),
            slip(
                "I walk with him in the morning, and my father does it at the evening.",
                [
                    "at the evening",
                    "in the evening",
                    "In the morning, in the evening, at night.",
                    "grammar",
                    "PREP",
                ],
                "Early in the morning, in any weather?",
            ),
            clean(
                "Yes, even if it rains, because he waits at the door and looks at me.",
                "Nobody can say no to that look. Has he ever run away?",
            ),
            slip(
                "One time he runned after a cat and we searched him two hours.",
                ["he runned after a cat", "he ran after a cat", "Run, ran, run.", "grammar", "VERB:INFL"],
                "Two hours! You must have been worried.",
            ),
        ],
    },
    Topic {
        name: "plans for the holidays",
        starter: "Hello! The holidays are coming. Do you have plans?",
        exchanges: &[
            slip(
                "We will to visit my grandparents in the mountains.",
                [
                    "We will to visit",
                    "We will visit",
                    "After “will” comes the verb alone.",
                    "grammar",
                    "VERB:FORM",
                ],
                "The mountains! What can you do there?",
            ),
            clean("In summer we walk a lot and we swim in a cold lake.", "How cold is it? Would I scream?"),
            slip(
                "You would scream, I think. The water is so cold like ice.",
                ["so cold like ice", "as cold as ice", "To compare: as … as.", "grammar", "CONJ"],
                "Then I will stay on the shore and clap. Do you sleep in a tent?",
            ),
            clean(
                "Sometimes we sleep in a tent and my grandfather tells old stories.",
                "Tell me one of them in two sentences!",
            ),
            slip(
                "Once there was a fox who was living in the house of my grandfather and nobody has noticed it.",
                [
                    "nobody has noticed it",
                    "nobody noticed it",
                    "A story is told in the simple past.",
                    "grammar",
                    "VERB:TENSE",
                ],
                "A fox in the house! I want to hear the rest tomorrow.",
            ),
            clean("If I remember the end, I will tell you.", "It is a promise. I am looking forward to it."),
        ],
    },
    Topic {
        name: "the future",
        starter: "Hi! Let us dream a little. What would you like to be one day?",
        exchanges: &[
            slip(
                "I would like be a doctor or maybe a pilot.",
                ["would like be", "would like to be", "Would like to do something.", "grammar", "VERB:FORM"],
                "Two jobs with a lot of responsibility. Why these two?",
            ),
            clean(
                "A doctor helps people, and a pilot sees the world from above.",
                "You put that beautifully. Could one person do both?",
            ),
            slip(
                "Maybe I can be a doctor which flies to islands.",
                ["a doctor which flies", "a doctor who flies", "For people we say “who”.", "grammar", "PRON"],
                "The flying doctor! Such people really exist. What would you need to learn?",
            ),
            clean(
                "I would need to learn a lot of biology, and of course English.",
                "You are learning it right now. What is hard about it?",
            ),
            slip(
                "The most hard for me is to listen when people speak fast.",
                [
                    "The most hard",
                    "The hardest",
                    "Short adjectives: hard, harder, hardest.",
                    "grammar",
                    "ADJ:FORM",
                ],
                "That takes time for everybody. Do you listen to songs or stories?",
            ),
            clean(
                "If I had more time, I would listen to a story every evening.",
                "Ten minutes are enough. Shall we try one together next time?",
            ),
        ],
    },
];

/// The questions of a placement test, and what somebody of each level answers.
pub(super) const PLACEMENT: &[(&str, [&str; 3])] = &[
    (
        "Hi, I am Zoe. Tell me about yourself!",
        [
            "My name is … I am student. I like football.",
            "I am a student and I like to play football with my friends after school.",
            "I'm a student, and when I'm not studying I usually play football or read about space.",
        ],
    ),
    (
        "What did you do yesterday?",
        [
            "Yesterday I go school and I eat.",
            "Yesterday I went to school and then I was at my grandmother's house.",
            "Yesterday I went to school, and afterwards I helped my grandmother to move her bookshelf.",
        ],
    ),
    (
        "What would you do with a free week?",
        [
            "I sleep. And I play.",
            "I would travel to the sea because I like to swim.",
            "If I had a whole free week, I would travel along the coast and try to talk to as many people as possible.",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::Category;

    #[test]
    fn every_slip_stands_once_in_what_is_said_and_is_about_something() {
        for exchange in TOPICS.iter().flat_map(|topic| topic.exchanges) {
            let Some(slip) = &exchange.slip else { continue };
            assert_eq!(exchange.said.matches(slip.original).count(), 1, "{}", exchange.said);
            assert!(Category::from_word(slip.category).is_some(), "{}", slip.category);
            assert_ne!(slip.original, slip.corrected);
        }
        assert!(TOPICS.iter().all(|topic| topic.exchanges.len() >= 4));
    }
}
