//! The built-in voice's questions for a placement interview.

/// How it begins.
pub(super) const OPENING: &str = "Hi, I am Zoe! I will ask you a few questions. What is your favourite food?";

/// How it ends.
pub(super) const END: &str = "Thank you, that was all I wanted to ask. You did well to keep talking!";

/// Questions from A1 to C2.
pub(super) const QUESTIONS: [&[&str]; 6] = [
    &[
        "What do you do in the morning?",
        "Who is in your family?",
        "What colour do you like?",
        "Where do you live?",
        "What can you see in your room?",
        "Do you like animals?",
        "What do you eat in the evening?",
    ],
    &[
        "What do you do on a normal day?",
        "What did you do last weekend?",
        "Can you tell me about a friend?",
        "What is your town like?",
        "What are you going to do tomorrow?",
    ],
    &[
        "Who is important in your life, and why?",
        "What would you like to do next year?",
        "Can you tell me about a trip that you remember?",
        "What do you do when you have a bad day?",
        "What have you learned lately?",
    ],
    &[
        "If you could live anywhere, where would it be, and why?",
        "Can you tell me about a problem you once had, and how you solved it?",
        "What do you think about learning at home instead of at school?",
        "Which of your habits would you change if it were easy?",
        "What makes somebody a good friend?",
    ],
    &[
        "What should every school teach that schools do not teach now?",
        "How has technology changed the way people trust each other?",
        "Can you describe a time when you changed your mind about something important?",
        "What would you say to somebody who thinks that art is a luxury?",
    ],
    &[
        "To what extent do you think people are responsible for their own luck?",
        "Which widely held belief would you most like to see challenged, and on what grounds?",
        "How might our grandchildren judge the way we live today?",
        "Where do you draw the line between being honest and being unkind?",
    ],
];
