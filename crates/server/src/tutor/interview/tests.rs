use super::*;

const GOOD: &str = "I think that I would really like to live near the sea because there you can walk every morning \
    and nobody minds if you sing";

/// The interview that the built-in voice holds with somebody who always answers with the next of `answers`: its
/// questions, and what it concludes.
fn held(answers: &[&str]) -> (Vec<String>, Assessment) {
    let mut said: Vec<(Role, String)> = Vec::new();
    let mut questions = Vec::new();
    for answer in answers.iter().cycle().take(30) {
        let (question, assessment, finished) = Interview::of(&said).built_in();
        if finished {
            return (questions, assessment);
        }
        questions.push(question.clone());
        said.push((Role::Assistant, question));
        said.push((Role::User, (*answer).to_owned()));
    }
    panic!("the interview never ends: {questions:?}");
}

fn told(answer: &Value, answers: usize, words: &str) -> (Assessment, bool) {
    let said = vec![(Role::User, words.to_owned()); answers];
    Interview::of(&said).heard(answer)
}

#[test]
fn the_built_in_interview_ends_by_itself_with_a_level_and_three_scores() {
    for (answers, level) in [
        (&["..."] as &[&str], CefrLevel::A1),
        (&["I don't know"], CefrLevel::A1),
        (
            &["No entiendo nada de lo que dices, por favor habla en espa\u{f1}ol que no te oigo"],
            CefrLevel::A1,
        ),
        (&["I like tea"], CefrLevel::A1),
        (&["I like tea in the morning"], CefrLevel::A2),
        (&[GOOD], CefrLevel::B1),
        (&[GOOD, "...", "I like it"], CefrLevel::B1),
    ] {
        let (questions, assessment) = held(answers);
        assert!((FEWEST..=MOST).contains(&questions.len()), "{questions:?}");
        assert_eq!(assessment.cefr_level, Some(level), "{answers:?}");
        assert!(assessment.confidence < 0.5, "a guess says that it is one");
        let scores = assessment.scores;
        assert!(scores.grammar.is_some() && scores.vocab.is_some() && scores.fluency.is_some());
        let mut different = questions.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), questions.len(), "no question twice: {questions:?}");
    }
}

#[test]
fn its_questions_get_harder_after_good_answers_and_easier_after_weak_ones() {
    let level = |question: &str| QUESTIONS.iter().position(|of| of.iter().any(|one| question.contains(one)));
    let levels =
        |answers: &[&str]| held(answers).0.iter().skip(1).map(|one| level(one).unwrap()).collect::<Vec<_>>();
    let up = levels(&[GOOD]);
    assert!(up.is_sorted() && up.last() > Some(&3), "{up:?}");
    assert!(levels(&["..."]).iter().all(|level| *level == 0));
    let up_and_down = levels(&[GOOD, GOOD, "..."]);
    assert_eq!(up_and_down[..3], [1, 2, 1], "{up_and_down:?}");
}

#[test]
fn a_models_numbers_are_moved_into_their_range_and_what_is_none_is_left_out() {
    let wild = json!({"cefr_level": "b2+", "confidence": 7, "grammar": -3, "vocab": "0.9", "fluency": null, "finished": "yes"});
    let (assessment, finished) = told(&wild, 8, GOOD);
    assert_eq!((assessment.cefr_level, finished), (Some(CefrLevel::B2), false));
    assert!((assessment.confidence - 1.0).abs() < 1e-9);
    let scores = (assessment.scores.grammar, assessment.scores.vocab, assessment.scores.fluency);
    assert_eq!(scores, (Some(0.0), None, None));
    for nonsense in [
        json!(null),
        json!([]),
        json!("B1"),
        json!({"cefr_level": "Z9", "confidence": 0.9}),
        json!({"cefr_level": 3}),
    ] {
        let (assessment, finished) = told(&nonsense, 3, GOOD);
        assert_eq!((assessment.cefr_level, finished), (None, false));
        assert!(assessment.confidence.abs() < 1e-9);
    }
}

#[test]
fn it_ends_between_six_and_twelve_answers_whatever_a_model_says() {
    let ends = |finished: bool, answers| {
        told(&json!({"cefr_level": "B1", "confidence": 0.8, "finished": finished}), answers, GOOD).1
    };
    for answers in 0..FEWEST {
        assert!(!ends(true, answers), "{answers}");
    }
    assert!(ends(true, FEWEST) && ends(true, MOST) && ends(false, MOST) && ends(false, 60));
    assert!(!ends(false, FEWEST) && !ends(false, MOST - 1));
}

#[test]
fn at_the_end_there_is_always_a_level_with_three_scores() {
    let (assessment, _) = told(&json!({"cefr_level": "C1", "confidence": 0.9, "vocab": 0.7}), MOST, GOOD);
    let scores = (assessment.scores.grammar, assessment.scores.vocab, assessment.scores.fluency);
    assert_eq!((assessment.cefr_level, scores), (Some(CefrLevel::C1), (Some(0.75), Some(0.7), Some(0.75))));
    let (assessment, _) = told(&json!({}), MOST, GOOD);
    assert_eq!(assessment.cefr_level, Some(CefrLevel::B1), "a guess by length");
    assert!(assessment.confidence < 0.5);
}

#[test]
fn nobody_is_placed_high_for_saying_nothing() {
    let flattering = json!({"cefr_level": "C2", "confidence": 1, "grammar": 1, "vocab": 1, "fluency": 1, "finished": true});
    let (assessment, finished) = told(&flattering, FEWEST, "...");
    assert_eq!((assessment.cefr_level, finished), (Some(CefrLevel::A1), true));
    assert!(assessment.confidence < 0.5 && assessment.scores.grammar < Some(0.2));
    let mut said = vec![(Role::User, "...".to_owned()); 6];
    said.push((Role::User, GOOD.to_owned()));
    let (assessment, _) = Interview::of(&said).heard(&flattering);
    assert!(assessment.confidence <= 0.5, "one answer is little to go by");
}

#[test]
fn before_the_end_nobody_is_sure_of_what_they_could_not_hear_either() {
    let sure = json!({"cefr_level": "C1", "confidence": 0.9, "grammar": 0.9, "vocab": 0.9, "fluency": 0.9});
    let told = |answers, words| told(&sure, answers, words).0;
    let silent = told(4, "...");
    assert_eq!((silent.cefr_level, silent.scores.grammar), (None, None));
    assert!(silent.confidence.abs() < 1e-9);
    assert!((told(2, GOOD).confidence - 0.5).abs() < 1e-9, "two are little to go by");
    assert!((told(3, GOOD).confidence - 0.9).abs() < 1e-9);
}

#[test]
fn sixty_long_turns_fit_into_a_prompt_and_the_newest_is_whole() {
    let said: Vec<(Role, String)> = (0..60)
        .map(|turn| (if turn % 2 == 0 { Role::Assistant } else { Role::User }, "word ".repeat(1600)))
        .collect();
    let request = Interview::of(&said).prompt();
    let characters: usize = request.messages.iter().map(|message| message.text.len()).sum();
    assert!(characters < 22_000, "{characters}");
    let newest = request.messages.last().unwrap();
    assert_eq!(newest.text, format!("<newest>{}</newest>", said[59].1));
    assert!(request.system.contains("That was the last answer"), "{}", request.system);
}
