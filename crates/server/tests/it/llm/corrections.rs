//! What Zoe corrects is right, wanted, little, and never lost.

use ella_sql::{client::Params, queries::tutor};
use ella_test_support::provider::{Gate, Script, reply_json};
use postgres_types::Json;
use serde_json::{Value, json};

use super::{ANALYSIS, correction, ella_with, eventually, in_database, messages, reply, says, zoe};
use crate::support::{Answer, Ella, Student};

fn originals(corrections: &Value) -> Vec<&str> {
    corrections.as_array().unwrap().iter().map(|one| one["original"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn only_what_was_really_said_and_really_changes_is_corrected() {
    let zoe = zoe();
    let proposed = json!([
        correction("goes", "went", "grammar"),
        correction("chool", "class", "vocab"),
        correction("school", "School!", "grammar"),
        correction("yesterday", "last day", "spelling"),
        correction("yesterday", "last day", "pronunciation"),
        {"original": "go", "corrected": "went", "category": "style"},
        {"original": "go"}, "go", null,
        correction(" go ", " went ", "grammar"),
    ]);
    zoe.next(Script::answer(reply_json("Nice!", &proposed)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let answer = says(&ana, &call, "I go to school yesterday").await;
    let expected = json!([{"original": "go", "corrected": "went", "explanation": "Because.", "category": "grammar", "type": "VERB:TENSE"}]);
    assert_eq!(answer.body["corrections"], expected);
    assert_eq!(messages(&ana, &call).await[0]["corrections"], expected);
}

#[tokio::test]
async fn only_in_the_focus_the_student_chose() {
    let zoe = zoe();
    let proposed = json!([
        correction("go", "went", "grammar"),
        correction("big", "large", "vocab"),
        correction("to the big", "into a", "fluency"),
    ]);
    zoe.always(Script::answer(reply_json("Nice!", &proposed)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    for (focus, wanted) in [
        (json!({"grammar": true, "vocab": true, "fluency": true}), vec!["go", "big", "to the big"]),
        (json!({"grammar": false, "vocab": true, "fluency": false}), vec!["big"]),
        (json!({"grammar": true, "vocab": false, "fluency": true}), vec!["go", "to the big"]),
        (json!({"grammar": false, "vocab": false, "fluency": false}), vec![]),
    ] {
        ana.put("/users/me/settings", json!({"focus": focus})).await.assert(200);
        let answer = says(&ana, &call, "I go to the big city").await;
        assert_eq!(originals(&answer.body["corrections"]), wanted, "{focus}");
    }
}

#[tokio::test]
async fn at_most_three_and_an_unknown_type_is_left_out() {
    let zoe = zoe();
    let mut many: Vec<Value> =
        ["one", "two", "three", "four"].map(|word| correction(word, "many", "vocab")).to_vec();
    many[0]["type"] = "VERB:MOOD".into();
    many[1]["explanation"] = Value::Null;
    zoe.next(Script::answer(reply_json("Nice!", &json!(many))));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = says(&ana, &ana.conversation().await, "one two three four").await;
    let corrections = &answer.body["corrections"];
    assert_eq!(originals(corrections), ["one", "two", "three"]);
    assert_eq!(corrections[0].get("type"), None);
    assert_eq!(corrections[1].get("explanation"), None);
}

#[tokio::test]
async fn they_are_counted_for_progress() {
    let zoe = zoe();
    let proposed = json!([correction("go", "went", "grammar"), correction("big", "large", "vocab")]);
    zoe.next(Script::answer(reply_json("Nice!", &proposed)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    says(&ana, &ana.conversation().await, "I go to the big city").await;
    let progress = ana.get("/progress/summary").await;
    assert_eq!(
        progress.body["corrections"],
        json!({"grammar": 1, "vocab": 1, "fluency": 0, "spelling": 0, "pronunciation": 0})
    );
    assert_eq!((&progress.body["messages_sent"], &progress.body["words_spoken"]), (&json!(1), &json!(6)));
}

#[tokio::test]
async fn corrections_that_come_late_are_checked_and_stored_later() {
    let (zoe, gate) = (zoe(), Gate::new());
    let rest = json!([correction("go", "went", "grammar"), correction("never said", "x", "grammar")]);
    zoe.next(
        Script::new()
            .text(r#"{"reply": "Nice! Where?", "#)
            .wait_for(&gate)
            .text(format!("\"corrections\": {rest}}}"))
            .usage(20, 10)
            .finish(),
    );
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 2000)
        .flag("--first-sentence-ms", 2000)
        .start()
        .await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let answer = says(&ana, &call, "I go to school yesterday").await;
    assert_eq!(answer.body["reply"], "Nice! Where?");
    assert_eq!(
        (&answer.body["corrections"], &answer.body["corrections_complete"]),
        (&json!([]), &json!(false))
    );
    assert_eq!(answer.body["engine"]["truncated"], false);

    let analyse = || ana.post(ANALYSIS, json!({"conversation_id": call}));
    let early = analyse().await;
    assert_eq!(early.assert(200).body["corrections_by_category"]["grammar"], 0);

    gate.open();
    let stored = eventually(async || {
        let corrections = messages(&ana, &call).await[0]["corrections"].clone();
        (corrections != json!([])).then_some(corrections)
    })
    .await;
    assert_eq!(originals(&stored), ["go"]);
    // An analysis that was made meanwhile knew nothing of them, and does not stand.
    assert_eq!(analyse().await.assert(200).body["corrections_by_category"]["grammar"], 1);
    let counted = in_database(&ella, "select corrections_grammar from conversations").await;
    assert_eq!(counted, "1");
    let cost =
        in_database(&ella, "select prompt_tokens + completion_tokens from messages where position = 2").await;
    assert_eq!(cost, "30", "what the whole answer cost, as the provider counted it in the end");
}

/// Stores a correction of a turn that has been answered, as it is stored when it comes late.
async fn correct_late(ella: &Ella, student: &Student<'_>, call: &str, answer: &Answer) {
    let corrections = json!([correction("go", "went", "grammar")]);
    let late = tutor::FinishTurnLateParams {
        corrections: Json(&corrections),
        has_corrections: true,
        user_id: student.id,
        conversation_id: call.parse().unwrap(),
        answers_position: 1,
        corrections_grammar: 1,
        corrections_vocab: 0,
        corrections_fluency: 0,
        reply_id: answer.body["reply_message_id"].as_str().unwrap().parse().unwrap(),
        prompt_tokens: 25,
        completion_tokens: 8,
        day: ella.app.clock.today(),
    };
    let client = ella.app.database.pool().get().await.unwrap();
    tutor::finish_turn_late().params(&client, &late).await.unwrap();
}

#[tokio::test]
async fn what_comes_late_is_counted_once_also_when_it_is_written_twice() {
    let zoe = zoe();
    zoe.next(Script::answer(reply("Nice!")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let answer = says(&ana, &call, "I go to school yesterday").await;
    for _ in 0..2 {
        correct_late(&ella, &ana, &call, &answer).await;
        let counted =
            "select corrections_grammar || ' ' || jsonb_array_length(m.corrections) from conversations
            join messages m using (user_id) where m.position = 1";
        assert_eq!(in_database(&ella, counted).await, "1 1");
        let tokens = "select prompt_tokens || ' ' || completion_tokens from token_usage";
        assert_eq!(in_database(&ella, tokens).await, "25 8", "20 and 10 were known before");
    }
}

#[tokio::test]
async fn an_analysis_during_which_a_correction_comes_late_does_not_stand() {
    let (zoe, gate) = (zoe(), Gate::new());
    let words =
        |summary: &str| json!({"reply": summary, "best_moments": [], "next_steps": ["Rest."]}).to_string();
    zoe.next(Script::answer(reply("Nice!")));
    zoe.next(Script::new().wait_for(&gate).text(words("First.")).finish());
    zoe.next(Script::answer(words("Second.")));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let answer = says(&ana, &call, "I go to school yesterday").await;
    let analyse = async || {
        let analysis = ana.post(ANALYSIS, json!({"conversation_id": call})).await;
        let body = &analysis.assert(200).body;
        (body["summary"].clone(), body["corrections_by_category"]["grammar"].clone())
    };
    let meanwhile = async {
        zoe.wait_for_calls(2).await.unwrap();
        correct_late(&ella, &ana, &call, &answer).await;
        gate.open();
    };
    let (first, ()) = futures::join!(analyse(), meanwhile);
    assert_eq!(first, (json!("First."), json!(0)));
    assert_eq!(analyse().await, (json!("Second."), json!(1)));
    assert_eq!(analyse().await, (json!("Second."), json!(1)), "that one is kept");
    assert_eq!(zoe.calls().len(), 3);
}

#[tokio::test]
async fn a_whole_sentence_said_again_is_shown_as_what_changes_in_it() {
    let zoe = zoe();
    let proposed = json!([
        correction("I don't like go to school", "I don't like going to school.", "grammar"),
        correction("He is teacher", "He is a teacher", "grammar"),
        correction(
            "yesterday me and my friend we was in cinema for see one film",
            "We watched a great movie at the theater downtown last night",
            "fluency"
        ),
    ]);
    zoe.next(Script::answer(reply_json("I see!", &proposed)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let said = "I don\u{2019}t like go to school. He is teacher and yesterday me and my friend we was in cinema for see one film";
    let answer = says(&ana, &ana.conversation().await, said).await;
    let edits: Vec<(&str, &str)> = answer.body["corrections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["original"].as_str().unwrap(), one["corrected"].as_str().unwrap()))
        .collect();
    assert_eq!(edits, [("go", "going"), ("teacher", "a teacher")]);
}

#[tokio::test]
async fn what_cannot_be_heard_is_not_corrected() {
    let zoe = zoe();
    let mut spelling = correction("freinds", "friends", "grammar");
    spelling["type"] = "SPELL".into();
    let proposed = json!([
        spelling,
        correction("there house", "their house", "grammar"),
        correction("i like", "I like", "grammar"),
        correction("alot", "a lot", "vocab"),
        correction("its nice", "it's nice!", "grammar"),
    ]);
    zoe.next(Script::answer(reply_json("I see!", &proposed)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = says(&ana, &ana.conversation().await, "i like alot there house its nice with freinds").await;
    assert_eq!(answer.body["corrections"], json!([]));
}

#[tokio::test]
async fn text_that_no_database_can_hold_does_not_cost_the_turn() {
    let zoe = zoe();
    let proposed = json!([correction("go", "we\0nt", "grammar")]);
    zoe.next(Script::answer(reply_json("Ni\0ce.", &proposed)));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let answer = says(&ana, &ana.conversation().await, "I go home").await;
    assert_eq!((&answer.body["reply"], &answer.body["engine"]["degraded"]), (&json!("Nice."), &json!(false)));
}
