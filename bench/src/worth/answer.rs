//! What a model writes in a turn: a short reply, then none to three corrections, as JSON.

use serde_json::json;

use super::random::Random;

const OPENINGS: [&str; 4] = [
    "Oh, you went to the beach with your brother, that sounds lovely!",
    "That is a good plan, and I like how you said it.",
    "Well done, I understood every word of that.",
    "I see what you mean, and many people feel the same way about it.",
];
const MIDDLES: [&str; 3] = [
    "The sea is still cold in spring, so you were brave to swim.",
    "My favourite part of a trip is always the food on the way.",
    "It takes time to learn that, and you are getting better every week.",
];
const QUESTIONS: [&str; 3] = [
    "What did you eat there?",
    "Who would you like to go with next time?",
    "How long did it take you to get there?",
];

/// One answer: 20 to 45 words of reply, and as many corrections as learners need (none in a third of the turns).
pub(crate) fn draw(random: &mut Random) -> String {
    let mut reply = OPENINGS[random.one_of(4)].to_owned();
    if random.one_of(2) == 0 {
        reply = format!("{reply} {}", MIDDLES[random.one_of(3)]);
    }
    reply = format!("{reply} {}", QUESTIONS[random.one_of(3)]);
    let count = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3][random.one_of(12)];
    // The smallest edit, as the prompt asks for it.
    let correction = json!({
        "original": "I go", "corrected": "I went", "explanation": "Yesterday is over, so we say went.",
        "category": "grammar", "type": "VERB:TENSE",
    });
    format!("{{\"reply\": {}, \"corrections\": {}}}", json!(reply), json!(vec![correction; count]))
}
