//! The built-in voice: what Zoe says when no model answers. It is levelled and keeps to the topic, it never pretends to
//! have understood, and it corrects nothing.

use super::context::Learner;
use crate::levels::CefrLevel;

/// How hard the lines are.
#[derive(Clone, Copy)]
enum Band {
    Easy,
    Middle,
    Hard,
}

impl Band {
    fn of(level: Option<CefrLevel>) -> Self {
        match level {
            None | Some(CefrLevel::A1 | CefrLevel::A2) => Self::Easy,
            Some(CefrLevel::B1 | CefrLevel::B2) => Self::Middle,
            Some(CefrLevel::C1 | CefrLevel::C2) => Self::Hard,
        }
    }
}

const TURNS: [&[&str]; 3] = [
    &[
        "Thank you for telling me that. Can you tell me more?",
        "That is good to hear. What do you like best about it?",
        "I see. Can you tell me about one time?",
        "Good, please go on. Who was with you?",
        "Thank you. What happened next?",
        "Nice. Why do you like it?",
    ],
    &[
        "Thanks for sharing that with me. Could you tell me a little more about it?",
        "I would like to hear more. What makes it important to you?",
        "Please go on. Can you give me an example?",
        "That sounds worth talking about. How did it begin?",
        "Thank you. What would you do differently next time?",
        "Let us stay with that for a moment. How did you feel about it?",
    ],
    &[
        "Thank you for putting that into words. Would you take me a step further into it?",
        "I would be curious to hear how you came to see it that way.",
        "Let us dwell on that for a moment. What would someone who disagrees with you say?",
        "That deserves a closer look. Could you illustrate it with something you have experienced?",
        "Please go on. What do you think lies behind it?",
        "Thank you. If you had to explain that to a friend in two sentences, how would you put it?",
    ],
];

const STARTERS: [&[&str]; 3] = [
    &[
        "Hi, I am Zoe! Today we talk about {topic}. What do you like about it?",
        "Hello! It is nice to talk with you. Let us talk about {topic}. What can you tell me?",
        "Hi there! Our topic is {topic}. Do you know a lot about it?",
    ],
    &[
        "Hi, I am Zoe! I have been looking forward to talking about {topic} with you. What comes to mind first?",
        "Hello! Let us talk about {topic} today. When did you last think about it?",
        "Nice to hear you! Our topic is {topic}. What is your own experience with it?",
    ],
    &[
        "Hello, I am Zoe. I thought we might explore {topic} today. Where would you like to begin?",
        "Hi! Let us turn to {topic}. What do people most often get wrong about it, in your view?",
        "Welcome! Our topic today is {topic}. What first drew you to it?",
    ],
];

const TOPICS: [&[&str]; 3] = [
    &["your favourite food", "your family", "your weekend", "animals", "your school day"],
    &[
        "a trip you remember",
        "music you love",
        "a good friend",
        "films and series",
        "your plans for next year",
    ],
    &[
        "a decision that changed you",
        "the future of work",
        "what makes a good city",
        "an idea worth defending",
    ],
];

const PLACEMENT_QUESTIONS: &[&str] = &[
    "Hi, I am Zoe! I will ask you a few questions. What is your favourite food?",
    "Thank you! What do you do on a normal day?",
    "Thanks. Who is important in your life, and why?",
    "Good. Tell me about something you did last weekend.",
    "Thank you. What would you like to do next year?",
    "I see. If you could live anywhere, where would it be, and why?",
    "Thanks. Tell me about a problem you once had, and how you solved it.",
    "Thank you. What should every school teach that schools do not teach now?",
];

const PLACEMENT_END: &str = "Thank you, that was all I wanted to ask. You did well to keep talking!";

/// A line for a turn; never the one that was said last.
pub(super) fn turn(learner: Learner, said_last: Option<&str>, pick: usize) -> &'static str {
    choose(lines(&TURNS, learner.level), said_last, pick)
}

/// A line that opens a conversation, and its topic.
pub(super) fn starter(learner: Learner, topic: Option<&str>, pick: usize) -> (String, String) {
    let topic =
        topic.map_or_else(|| choose(lines(&TOPICS, learner.level), None, pick).to_owned(), str::to_owned);
    let line = choose(lines(&STARTERS, learner.level), None, pick / 7);
    (line.replace("{topic}", &as_zoe_says(&topic)), topic)
}

/// The next question of a placement interview after so many answers; none left means that the interview is over.
pub(super) fn placement(answers: usize) -> (&'static str, bool) {
    PLACEMENT_QUESTIONS.get(answers).map_or((PLACEMENT_END, true), |question| (*question, false))
}

/// A guess at a level by how much somebody says: words an answer. It is a guess, and its confidence says so.
pub(super) fn guess_level(words_per_answer: f64) -> CefrLevel {
    // The targets of the session analysis (api.md, "session-analysis"), each level up to the middle to the next.
    const UP_TO: [(f64, CefrLevel); 5] = [
        (5.0, CefrLevel::A1),
        (7.5, CefrLevel::A2),
        (10.5, CefrLevel::B1),
        (13.5, CefrLevel::B2),
        (16.5, CefrLevel::C1),
    ];
    UP_TO.iter().find(|(words, _)| words_per_answer < *words).map_or(CefrLevel::C2, |(_, level)| *level)
}

/// A student's "my weekend" is "your weekend" when Zoe says it.
fn as_zoe_says(topic: &str) -> String {
    let turned = topic.split(' ').map(|word| if word.eq_ignore_ascii_case("my") { "your" } else { word });
    turned.collect::<Vec<_>>().join(" ")
}

fn lines<'a>(lines: &[&'a [&'a str]; 3], level: Option<CefrLevel>) -> &'a [&'a str] {
    let [easy, middle, hard] = *lines;
    match Band::of(level) {
        Band::Easy => easy,
        Band::Middle => middle,
        Band::Hard => hard,
    }
}

fn choose(lines: &[&'static str], said_last: Option<&str>, pick: usize) -> &'static str {
    let others: Vec<&'static str> = lines.iter().copied().filter(|line| Some(*line) != said_last).collect();
    others.get(pick % others.len().max(1)).copied().unwrap_or("Please go on.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::Focus;

    #[test]
    fn the_same_line_never_comes_twice_in_a_row() {
        for level in [None, Some("B1"), Some("C2")] {
            let learner = Learner::new(level, Focus { grammar: true, vocab: true, fluency: true }, None);
            let mut last = turn(learner, None, 0);
            for pick in 0..50 {
                let line = turn(learner, Some(last), pick);
                assert_ne!(line, last);
                last = line;
            }
        }
    }

    #[test]
    fn the_students_own_things_are_the_students() {
        assert_eq!(as_zoe_says("My weekend and my myth"), "your weekend and your myth");
    }

    #[test]
    fn the_placement_interview_ends_by_itself() {
        let asked = (0..20).take_while(|answers| !placement(*answers).1).count();
        assert!((6..=12).contains(&asked), "{asked}");
    }
}
