use ella_test_support::provider::{Gate, Script, reply_json};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ANALYSIS, change_database, correction, ella_with, eventually, in_database, messages, says, zoe};
use crate::support::{Ella, Student};

async fn analysis(student: &Student<'_>, call: &str) -> Value {
    student.post(ANALYSIS, json!({"conversation_id": call})).await.assert(200).body.clone()
}

/// A call of four turns; the second and the fourth follow a corrected one, and only the second is no shorter.
async fn a_call(student: &Student<'_>) -> String {
    let call = student.conversation().await;
    let corrected = |content: &str| json!({"role": "user", "content": content, "corrections": [{"original": "like", "corrected": "likes", "category": "grammar"}]});
    let path = format!("/conversations/{call}/messages");
    student.zoe_says(&call, "Hello, what do you like?").await;
    student.post(&path, corrected("I like play football")).await.assert(201);
    student.zoe_says(&call, "Great! Where do you play?").await;
    student.says(&call, "I play in the park with my friends").await;
    student.post(&path, corrected("What's your favourite sport")).await.assert(201);
    student.says(&call, "ok").await;
    call
}

#[tokio::test]
async fn counts_are_what_the_contract_says_and_never_asked_of_a_model() {
    let zoe = zoe();
    let lies = json!({"reply": "Well done.", "best_moments": [], "next_steps": ["Rest."], "courage": {"score": 100}, "turns": 99});
    zoe.next(Script::answer(lies.to_string()));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    ana.post("/placements", json!({"cefr_level": "B1", "confidence": 1, "transcript": []})).await.assert(201);
    let call = a_call(&ana).await;
    let body = analysis(&ana, &call).await;
    // 17 of 27 words; 4.25 a turn of 9 wanted; one question of 0.8 wanted; one of two recovered: 76.8.
    assert_eq!(
        body,
        json!({
            "conversation_id": call, "summary": "Well done.",
            "courage": {"score": 77, "speaking_share": 17.0 / 27.0, "turns": 4, "words_per_turn": 4.25,
                "longest_turn_words": 8, "questions_asked": 1, "recoveries": 1},
            "best_moments": [], "next_steps": ["Rest."],
            "corrections_by_category": {"grammar": 2, "vocab": 0, "fluency": 0, "spelling": 0, "pronunciation": 0},
            "engine": {"provider": "openai", "model": "m", "degraded": false, "truncated": false},
            "latency_ms": body["latency_ms"],
        })
    );
}

#[tokio::test]
async fn corrections_of_zoes_own_messages_do_not_count() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    ana.says(&call, "one two three").await;
    let corrections = json!([{"original": "a", "corrected": "b", "category": "vocab"}]);
    let message = json!({"role": "assistant", "content": "a", "corrections": corrections});
    ana.post(&format!("/conversations/{call}/messages"), message).await.assert(201);
    ana.says(&call, "one").await;
    let body = analysis(&ana, &call).await;
    assert_eq!(
        (&body["courage"]["recoveries"], &body["corrections_by_category"]["vocab"]),
        (&json!(0), &json!(0))
    );
    // 4 of 5 words: 35; 2 of 8 words a turn: 6.25; nothing to recover from: 20.
    assert_eq!(body["courage"]["score"], 61);
}

#[tokio::test]
async fn a_call_without_words_has_ratios_of_zero() {
    let ella = Ella::start().await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    ana.says(&call, "...").await;
    let body = analysis(&ana, &call).await;
    let courage = json!({"score": 20, "speaking_share": 0.0, "turns": 1, "words_per_turn": 0.0, "longest_turn_words": 0,
        "questions_asked": 0, "recoveries": 0});
    assert_eq!((&body["courage"], &body["best_moments"]), (&courage, &json!([])));
}

#[tokio::test]
async fn every_quote_stands_word_for_word_in_the_message_it_names() {
    let zoe = zoe();
    let moment = |message: i32, quote: &str| json!({"message": message, "quote": quote, "why": "Brave."});
    let proposed = json!([
        moment(4, "in the park"), moment(1, "what do you like"), moment(4, "in the parks"), moment(99, "ok"),
        moment(2, "I like"), moment(4, ""), {"message": 4, "quote": "park"}, moment(5, "What's your"), moment(6, "ok"),
    ]);
    zoe.next(Script::answer(
        json!({"reply": "Nice.", "best_moments": proposed, "next_steps": []}).to_string(),
    ));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = a_call(&ana).await;
    let body = analysis(&ana, &call).await;
    let stored = messages(&ana, &call).await;
    let quotes: Vec<&str> =
        body["best_moments"].as_array().unwrap().iter().map(|one| one["quote"].as_str().unwrap()).collect();
    assert_eq!(quotes, ["in the park", "I like", "What's your"]);
    for moment in body["best_moments"].as_array().unwrap() {
        let message = stored.iter().find(|message| message["id"] == moment["message_id"]).unwrap();
        assert!(message["content"].as_str().unwrap().contains(moment["quote"].as_str().unwrap()));
    }
    assert!(!body["next_steps"].as_array().unwrap().is_empty(), "there is always a next step");
}

#[tokio::test]
async fn a_quote_in_another_typography_is_given_in_the_students_own() {
    let zoe = zoe();
    let moment = |message: i32, quote: &str| json!({"message": message, "quote": quote, "why": "Brave."});
    let proposed = json!([
        moment(1, "\u{201c}I don't  know...\u{201d} he said"),
        moment(1, "I don't know"),
        moment(1, "he said"),
        moment(2, "I  don\u{2019}t"),
        moment(2, "I do not"),
    ]);
    zoe.next(Script::answer(
        json!({"reply": "Nice.", "best_moments": proposed, "next_steps": ["s".repeat(201)]}).to_string(),
    ));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    ana.says(&call, "\"I don\u{2019}t know\u{2026}\" he said").await;
    ana.says(&call, "I don't").await;
    let body = analysis(&ana, &call).await;
    let quotes: Vec<&str> =
        body["best_moments"].as_array().unwrap().iter().map(|one| one["quote"].as_str().unwrap()).collect();
    assert_eq!(quotes, ["\"I don\u{2019}t know\u{2026}\" he said", "I don't"]);
    let steps = body["next_steps"].as_array().unwrap();
    assert!(!steps.is_empty() && steps.iter().all(|step| step.as_str().unwrap().len() <= 200), "{steps:?}");
}

#[tokio::test]
async fn more_messages_than_a_page_are_counted_one_by_one() {
    const MESSAGES: i64 = 12_001;
    let zoe = zoe();
    zoe.next(Script::answer(
        json!({"reply": "Well done.", "best_moments": [], "next_steps": ["Rest."]}).to_string(),
    ));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let student = ana.id;
    // Every third is Zoe's, of two words; each of the student's has three, asks something, and every second of all
    // messages draws a correction.
    change_database(
        &ella,
        &format!(
            "insert into messages (user_id, conversation_id, position, word_count, id, created_at, by_student, content, corrections)
            select '{student}', '{call}', n, case n % 3 when 0 then 2 else 3 end, gen_random_uuid(), '2026-11-22T10:00:00Z',
                n % 3 <> 0, case n % 3 when 0 then 'Go on!' else 'Why is that' end,
                case n % 2 when 0 then '[{{\"category\": \"vocab\"}}]'::jsonb else '[]' end
            from generate_series(1, {MESSAGES}) n;
            update conversations set last_position = {MESSAGES}, last_message_at = '2026-11-22T10:00:00Z',
                corrections_vocab = (select count(*) from messages where by_student and corrections <> '[]')"
        ),
    )
    .await;
    let body = analysis(&ana, &call).await;
    let students: Vec<i64> = (1..=MESSAGES).filter(|n| n % 3 != 0).collect();
    let turns = i64::try_from(students.len()).unwrap();
    let zoes = MESSAGES - turns;
    let corrected = |upto: usize| students[..upto].iter().filter(|n| **n % 2 == 0).count();
    assert_eq!(body["courage"]["turns"], turns);
    assert_eq!(body["courage"]["questions_asked"], turns);
    assert_eq!(body["courage"]["recoveries"], corrected(students.len() - 1));
    assert_eq!(body["corrections_by_category"]["vocab"], corrected(students.len()));
    let share = body["courage"]["speaking_share"].as_f64().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand words")]
    let expected = (3 * turns) as f64 / (3 * turns + 2 * zoes) as f64;
    assert!((share - expected).abs() < 1e-12, "{share} is not {expected}");
    assert_eq!(analysis(&ana, &call).await, body, "kept, and returned without a call");
    assert_eq!(zoe.calls().len(), 1);
    assert!(zoe.calls()[0].body.to_string().len() < 40_000, "a model is shown the end of it");
}

#[tokio::test]
async fn the_result_is_kept_until_something_new_is_said() {
    let zoe = zoe();
    let words = |summary: &str| {
        Script::answer(json!({"reply": summary, "best_moments": [], "next_steps": ["Go on."]}).to_string())
    };
    zoe.next(words("First."));
    zoe.next(words("Second."));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = a_call(&ana).await;
    let first = analysis(&ana, &call).await;
    assert_eq!((analysis(&ana, &call).await, zoe.calls().len()), (first, 1));
    ana.put(&format!("/conversations/{call}/complete"), json!({})).await.assert(200);
    assert_eq!(analysis(&ana, &call).await["summary"], "First.", "completing says nothing new");
    let transcript = ella.admin_get(&format!("/admin/conversations/{call}/transcript")).await;
    assert_eq!(transcript.assert(200).body["analysis"]["summary"], "First.");

    let other = a_call(&ana).await;
    assert_eq!(analysis(&ana, &other).await["summary"], "Second.");
    ana.says(&other, "One more thing").await;
    zoe.next(words("Third."));
    assert_eq!(analysis(&ana, &other).await["summary"], "Third.");
    assert_eq!(zoe.calls().len(), 3);
}

#[tokio::test]
async fn what_the_built_in_voice_says_is_true_and_not_kept() {
    let zoe = zoe();
    zoe.next(Script::new().status(500));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = a_call(&ana).await;
    let degraded = analysis(&ana, &call).await;
    assert_eq!(degraded["engine"]["degraded"], true);
    assert_eq!(degraded["best_moments"][0]["quote"], "I play in the park with my friends");
    assert!(degraded["summary"].as_str().unwrap().contains("4 times"), "{degraded}");
    assert_eq!(in_database(&ella, "select count(*) from analyses").await, "0");

    zoe.next(Script::answer(
        json!({"reply": "Well done.", "best_moments": [], "next_steps": ["Rest."]}).to_string(),
    ));
    let whole = analysis(&ana, &call).await;
    assert_eq!((&whole["engine"]["degraded"], &whole["courage"]), (&json!(false), &degraded["courage"]));
    assert_eq!(zoe.calls().len(), 2);
}

#[tokio::test]
async fn half_an_analysis_is_told_and_not_kept() {
    let zoe = zoe();
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = a_call(&ana).await;
    zoe.next(Script::new().text("{\"reply\": \"You were brave.\", \"best_mom").disconnect());
    let first = analysis(&ana, &call).await;
    assert_eq!((&first["summary"], &first["engine"]["truncated"]), (&json!("You were brave."), &json!(true)));
    zoe.next(Script::answer(json!({"reply": "You were very brave.", "next_steps": ["Go on."]}).to_string()));
    assert_eq!(analysis(&ana, &call).await["summary"], "You were very brave.");
    assert_eq!(analysis(&ana, &call).await["summary"], "You were very brave.", "that one is kept");
}

#[tokio::test]
async fn the_built_in_voices_lines_count_and_are_not_shown_to_a_model() {
    let zoe = zoe();
    zoe.next(Script::new().status(500));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    let canned = says(&ana, &call, "I like tea").await.body["reply"].as_str().unwrap().to_owned();
    zoe.next(Script::answer(reply_json("Tea is nice.", &json!([]))));
    says(&ana, &call, "Green tea").await;
    zoe.next(Script::answer(json!({"reply": "Well done.", "next_steps": ["Rest."]}).to_string()));
    let share = analysis(&ana, &call).await["courage"]["speaking_share"].as_f64().unwrap();
    let shown = zoe.calls()[2].body.to_string();
    assert!(shown.contains("Tea is nice.") && shown.contains("I like tea"), "{shown}");
    assert!(!shown.contains(&canned), "{shown}");
    // Five words of the student's, three of the model's, and the line's.
    assert!(share < 5.0 / 8.0, "{share}");
}

#[tokio::test]
async fn turns_count_with_what_zoe_corrected_in_them() {
    let zoe = zoe();
    zoe.next(Script::answer(reply_json("You went! Why?", &json!([correction("go", "went", "grammar")]))));
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = ana.conversation().await;
    says(&ana, &call, "I go home").await;
    let body = analysis(&ana, &call).await;
    assert_eq!(
        (&body["courage"]["turns"], &body["corrections_by_category"]["grammar"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn there_is_nothing_to_look_back_at_before_the_student_spoke() {
    let ella = Ella::start().await;
    let (ana, ben) = (ella.student().await, ella.student().await);
    let call = ana.conversation().await;
    ana.post(ANALYSIS, json!({"conversation_id": call})).await.assert_problem(409);
    ana.zoe_says(&call, "Hello?").await;
    ana.post(ANALYSIS, json!({"conversation_id": call})).await.assert_problem(409);
    ben.post(ANALYSIS, json!({"conversation_id": call})).await.assert_problem(404);
    ben.post(ANALYSIS, json!({"conversation_id": Uuid::nil()})).await.assert_problem(404);
    ben.post(ANALYSIS, json!({})).await.assert_faults(&["body.conversation_id"]);
}

#[tokio::test]
async fn who_hangs_up_finds_it_when_they_come_back() {
    let (zoe, gate) = (zoe(), Gate::new());
    let words = json!({"reply": "Well done.", "best_moments": [], "next_steps": ["Rest."]}).to_string();
    zoe.next(Script::new().wait_for(&gate).text(words).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = a_call(&ana).await;
    tokio::select! {
        body = analysis(&ana, &call) => panic!("nobody may answer yet: {body}"),
        called = zoe.wait_for_calls(1) => called.unwrap(),
    }
    gate.open();
    assert_eq!(analysis(&ana, &call).await["summary"], "Well done.");
    assert_eq!(zoe.calls().len(), 1);
}

#[tokio::test]
async fn two_at_once_are_one_call_of_a_model_and_one_result() {
    let (zoe, gate) = (zoe(), Gate::new());
    let words = json!({"reply": "Well done.", "best_moments": [], "next_steps": ["Rest."]}).to_string();
    zoe.always(Script::new().wait_for(&gate).text(words).finish());
    let ella = ella_with(&zoe).await;
    let ana = ella.student().await;
    let call = a_call(&ana).await;
    let both_are_there = async {
        // Beside the server's own task.
        eventually(async || (ella.app.tasks.running() == 3).then_some(())).await;
        zoe.wait_for_calls(1).await.unwrap();
        // Time enough for the other to read the call, and to ask as well if it did not wait.
        for _ in 0..20 {
            messages(&ana, &call).await;
        }
        gate.open();
    };
    let (first, second, ()) = futures::join!(analysis(&ana, &call), analysis(&ana, &call), both_are_there);
    assert_eq!(first, second, "as it was stored, its latency included");
    assert_eq!(zoe.calls().len(), 1);
}
