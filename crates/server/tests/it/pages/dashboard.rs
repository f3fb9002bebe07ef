//! What teachers read.

use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use serde_json::{Value, json};

use super::{
    TIMERS, answer, assert_for_everybody, assert_nothing_forbidden, assert_quiet, enter, follow, heads, hold,
    page,
};
use crate::support::Ella;

const SCRIPT: &str = "<script>alert(1)</script>";
/// The large figures, by their names.
const FIGURES: &str = "Object.fromEntries([...document.querySelectorAll('.figure')].map((one) => \
                       [one.querySelector('dt').textContent, one.querySelector('dd').innerText]))";
const IMAGE: &str = "<img src=x onerror=alert(2)>";

#[tokio::test]
async fn the_overview_says_what_the_api_says_and_stays_fresh_without_a_flicker() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(40, 200).await;
    let stats = ella.admin_get("/admin/stats").await.body;
    page.before_each_document(TIMERS).await;
    enter(&page, &ella, "", "Overview").await;
    let text = page.text().await;
    for shown in ["40", "200", "Latest conversations", "As of 10:00:00 UTC"] {
        assert!(text.contains(shown), "{shown} is not in: {text}");
    }
    let of = |pointer: &str| stats.pointer(pointer).unwrap().to_string();
    let figures = page.evaluate(FIGURES).await;
    for (name, value) in [
        ("Students", of("/students/total")),
        ("Students", format!("{} today (UTC)", of("/students/active_today"))),
        ("Students", format!("{} in 7 days", of("/students/active_7_days"))),
        ("Students", format!("{} in 30 days", of("/students/active_30_days"))),
        ("Conversations", of("/conversations/total")),
        ("Conversations", format!("{} open", of("/conversations/active"))),
        ("Conversations", format!("{} completed", of("/conversations/completed"))),
        (
            "Speaking time",
            format!("{} h", stats["conversations"]["speaking_time_seconds"].as_i64().unwrap() / 3600),
        ),
    ] {
        assert!(figures[name].as_str().unwrap().contains(&value), "{value} is not in {name}: {figures}");
    }
    let levels = stats["students"]["by_level"].as_object().unwrap().values();
    let shown = "[...document.querySelectorAll('.levels .number')].map((one) => parseInt(one.textContent))";
    assert_eq!(page.evaluate(shown).await, json!(levels.collect::<Vec<_>>()));
    let rows = page.evaluate("document.querySelectorAll('table.folds tbody tr').length").await;
    assert_eq!(rows, stats["recent_conversations"].as_array().unwrap().len());
    assert_eq!(page.evaluate("document.querySelectorAll('.column').length").await, 30);
    // One thing to know it again by, and the focus on another.
    page.evaluate("document.querySelector('h1').known = true; document.querySelector('tbody a').focus(); 1")
        .await;

    ella.advance(jiff::SignedDuration::from_mins(2));
    let zoé = ella.student().await;
    zoé.put("/users/me", json!({"name": "Zoé"})).await.assert(200);
    zoé.conversation().await;
    // Coming back to the tab is a reason to look again, as is a minute.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))").await;
    page.shows("Zoé").await;
    page.shows("41").await;
    assert_eq!(page.evaluate("document.querySelector('h1').known").await, true);
    assert_eq!(
        page.evaluate("document.activeElement.matches('tbody a')").await,
        true,
        "the focus has stayed"
    );
    // Every minute by itself.
    ella.advance(jiff::SignedDuration::from_mins(2));
    ella.student().await;
    page.evaluate("repeated.get(60_000)()").await;
    page.shows("42").await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn students_are_found_put_in_order_and_turned_page_by_page() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(40, 60).await;
    enter(&page, &ella, "#/students?sort=name", "Students").await;
    let names = "[...document.querySelectorAll('tbody th')].map((one) => one.textContent)";
    let all: Vec<Value> = ella.admin_get("/admin/students?sort=name&limit=100").await.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].clone())
        .collect();
    assert_eq!(page.evaluate(names).await, json!(all[..20]));
    page.press("Next").await;
    page.shows("21 to 40").await;
    assert_eq!(page.evaluate(names).await, json!(all[20..]));
    assert_eq!(page.evaluate("document.querySelector('.pages button:last-child').disabled").await, true);
    page.press("Previous").await;
    page.shows("1 to 20").await;

    page.focus("input[type=search]").await;
    page.type_text("léa").await;
    page.until(&format!("JSON.stringify({names}) === '[\"Léa Moreau\"]'")).await;
    assert_eq!(page.evaluate("document.activeElement.type").await, "search", "typing goes on");
    assert!(page.evaluate("location.hash").await.as_str().unwrap().contains("search=l%C3%A9a"));
    page.type_text("x").await;
    page.shows("Nobody found").await;
    assert_for_everybody(&page).await;
    page.evaluate("const select = document.querySelector('select'); select.value = 'level'; select.dispatchEvent(new Event('change'))").await;
    page.until("location.hash.includes('sort=level')").await;
    // The address alone brings it all back.
    page.evaluate("location.hash = '#/students?search=ana&sort=name'").await;
    page.shows("Ana Ribeiro").await;
    assert_eq!(page.evaluate("document.querySelector('input[type=search]').value").await, "ana");
    page.press("Ana Ribeiro").await;
    heads(&page, "Ana Ribeiro").await;
    page.shows("Level and placement tests").await;
    page.evaluate(
        "document.querySelector('section details summary + .placements').parentElement.open = true",
    )
    .await;
    page.shows("Hi, I am Zoe. Tell me about yourself!").await;
    assert_for_everybody(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn one_student_is_shown_with_all_that_is_known_of_them() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ana.put("/users/me", json!({"name": "Ana", "age": 12, "location": "Lisbon"})).await.assert(200);
    for level in ["A2", "B1"] {
        let placement =
            json!({"cefr_level": level, "confidence": 0.8, "duration_seconds": 90, "transcript": []});
        ana.post("/placements", placement).await.assert(201);
        ella.advance(jiff::SignedDuration::from_mins(1));
    }
    for _ in 0..25 {
        let id = ana.conversation().await;
        let corrections = json!([{"original": "go", "corrected": "went", "category": "grammar"}]);
        let message = json!({"role": "user", "content": "I go home", "corrections": corrections});
        ana.post(&format!("/conversations/{id}/messages"), message).await.assert(201);
        let complete = format!("/conversations/{id}/complete");
        ana.put(&complete, json!({"duration_seconds": 60})).await.assert(200);
    }
    enter(&page, &ella, &format!("#/students/{}", ana.id), "Ana").await;
    let text = page.text().await;
    for shown in ["12 years old · Lisbon", "grammar, vocab, fluency", "The last one: B1, 80 % sure"] {
        assert!(text.contains(shown), "{shown} is not in: {text}");
    }
    let figures = page.evaluate(FIGURES).await;
    for (name, value) in [
        ("Streak", "1 day\nlongest: 1 day"),
        ("Conversations", "25\n25 completed"),
        ("Speaking time", "25 min"),
        ("Words", "75\nin 25 messages"),
    ] {
        assert!(figures[name].as_str().unwrap().starts_with(value), "{value:?} is not in {name}: {figures}");
    }
    let texts = |selector: &str| {
        format!("[...document.querySelectorAll('{selector}')].map((one) => one.textContent)")
    };
    assert_eq!(page.evaluate(&texts(".steps .level")).await, json!(["A2", "B1"]));
    assert_eq!(page.evaluate(&texts(".levels.wide .number")).await[0], "25", "corrections of grammar");
    page.press("Read 2 placement tests").await;
    page.until("document.querySelectorAll('.placement').length === 2").await;
    page.shows("80 % sure · took 1 min 30 s").await;
    // Twenty conversations, and the rest when it is wanted; the next key goes on from the first new one.
    assert_eq!(page.evaluate("document.querySelectorAll('tbody tr').length - 30").await, 20);
    page.press("Show more").await;
    page.until("document.querySelectorAll('tbody tr').length - 30 === 25").await;
    page.until("document.activeElement === document.querySelectorAll('.more tbody a')[20]").await;
    assert_eq!(page.evaluate("document.querySelector('.more button')").await, Value::Null);
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_transcript_has_its_corrections_its_times_and_its_way_to_the_best_moments() {
    let Some(page) = page().await else { return };
    let zoe = ScriptedProvider::start().unwrap();
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;
    let ana = ella.student().await;
    ana.put("/users/me", json!({"name": "Ana"})).await.assert(200);
    let id = ana.conversation().await;
    let say = async |text: &str, script: Script| {
        zoe.next(script);
        let turn = json!({"conversation_id": id, "text": text, "latency_ms": {"stt": 210, "tts": 180}});
        ana.post("/llm/conversation-turn", turn).await.assert(200).body.clone()
    };
    let correction = json!([{"original": "go", "corrected": "went", "explanation": "Yesterday is past.", "category": "grammar", "type": "VERB:TENSE"}]);
    say("Yesterday I go home.", Script::answer(reply_json("You went home!", &correction))).await;
    let best = say("If I could, I would fly.", Script::new().status(500)).await;
    say("And then I sleep.", Script::new().text(r#"{"reply": "Good night. Sleep "#).disconnect()).await;
    let moment = json!({"message": 3, "quote": "I would fly", "why": "A dream in good English."});
    zoe.next(Script::answer(
        json!({"reply": "Well done, Ana!", "best_moments": [moment], "next_steps": ["Ask me more."]})
            .to_string(),
    ));
    ana.post("/llm/session-analysis", json!({"conversation_id": id})).await.assert(200);

    enter(&page, &ella, &format!("#/conversations/{id}"), "My weekend").await;
    assert_eq!(page.evaluate("document.querySelector('.words del').textContent").await, "go");
    assert_eq!(page.evaluate("document.querySelector('.words ins').textContent").await, "went");
    let text = page.text().await;
    for shown in [
        "grammar · VERB:TENSE",
        "Yesterday is past.",
        "built-in voice",
        "cut short",
        "speech to text 210 ms",
        "text to speech 180 ms",
        "Well done, Ana!",
        "Ask me more.",
        "10:00 UTC",
    ] {
        assert!(text.contains(shown), "{shown} is not in: {text}");
    }
    // Each part of a turn's time has its width: three seconds are the whole bar.
    let widths = "[...document.querySelector('.bar').children].map((one) => [one.className, \
                  Math.round(3000 * one.offsetWidth / one.parentElement.offsetWidth / 100) * 100])";
    let widths = page.evaluate(widths).await;
    assert_eq!((&widths[0], &widths[2]), (&json!(["stt", 200]), &json!(["tts", 200])), "{widths}");
    let user_message = best["user_message_id"].as_str().unwrap();
    page.evaluate("document.querySelector('.moments a').click()").await;
    let here = format!("document.activeElement.id === 'message-{user_message}'");
    page.until(&here).await;
    assert_eq!(page.evaluate("document.activeElement.classList.contains('pointed')").await, true);
    assert_for_everybody(&page).await;
    // On paper there is the talk, and nothing to click on; and paper is white, whatever the screen is.
    page.media("print", &[("prefers-color-scheme", "dark")]).await;
    for selector in ["body", ".card", ".message.pointed"] {
        let colour = format!("getComputedStyle(document.querySelector('{selector}')).backgroundColor");
        assert_eq!(page.evaluate(&colour).await, "rgb(255, 255, 255)", "{selector}");
    }
    let seen = |selector: &str| format!("document.querySelector('{selector}').checkVisibility()");
    for (selector, expected) in
        [("header.top", false), (".message .words", true), ("button.unprinted", false), (".time", false)]
    {
        assert_eq!(page.evaluate(&seen(selector)).await, expected, "{selector}");
    }
    assert_nothing_forbidden(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn what_somebody_is_called_or_says_is_text_and_nothing_else() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    let ana = ella.student().await;
    ana.put("/users/me", json!({"name": SCRIPT, "location": IMAGE})).await.assert(200);
    let id =
        ana.post("/conversations", json!({"topic": IMAGE})).await.body["id"].as_str().unwrap().to_owned();
    let correction =
        json!([{"original": "<b>", "corrected": SCRIPT, "explanation": IMAGE, "category": "vocab"}]);
    let message = json!({"role": "user", "content": format!("<b>{SCRIPT}"), "corrections": correction});
    ana.post(&format!("/conversations/{id}/messages"), message).await.assert(201);
    let transcript = json!([{"role": "user", "content": SCRIPT}]);
    ana.post("/placements", json!({"cefr_level": "A1", "confidence": 1, "transcript": transcript}))
        .await
        .assert(201);

    enter(&page, &ella, "", "Overview").await;
    page.shows(SCRIPT).await;
    follow(&page, "#/students", "Students").await;
    page.shows(SCRIPT).await;
    follow(&page, &format!("#/students/{}", ana.id), SCRIPT).await;
    page.press("Read 1 placement test").await;
    page.until(&format!("document.querySelector('.said span')?.textContent === {}", json!(SCRIPT))).await;
    page.shows(IMAGE).await;
    follow(&page, &format!("#/conversations/{id}"), IMAGE).await;
    assert_eq!(page.evaluate("document.querySelector('.words ins').textContent").await, SCRIPT);
    assert_eq!(page.evaluate("document.querySelectorAll('main script, main img').length").await, 0);
    assert_eq!(page.events("Page.javascriptDialogOpening"), Vec::<Value>::new());
    assert_nothing_forbidden(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn speed_stands_against_the_line_and_money_is_an_estimate() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(40, 300).await;
    let usage = ella.admin_get("/admin/usage").await.body;
    let stats = ella.admin_get("/admin/stats").await.body;
    enter(&page, &ella, "#/speed", "Speed").await;
    let text = page.text().await;
    let seconds = stats["latency_ms"]["spoken"]["p95"].as_f64().unwrap() / 1000.0;
    for shown in [
        format!("{seconds:.2} s"),
        "line of 1.5 to 2.0 s".to_owned(),
        "gemini-3.5-flash-lite (gemini)".to_owned(),
        format!("≈ ${:.2}", usage["estimated_usd"].as_f64().unwrap()),
        "list prices of".to_owned(),
    ] {
        assert!(text.contains(&shown), "{shown} is not in: {text}");
    }
    let label = page.evaluate("document.querySelector('figure[role=img]').getAttribute('aria-label')").await;
    assert!(label.as_str().unwrap().contains("A spoken turn: half within"), "{label}");
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_minute_alone_is_a_reason_to_look_again() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.before_each_document(
        "{ const real = setInterval; window.setInterval = (act, milliseconds) => real(act, milliseconds / 200); }",
    )
    .await;
    enter(&page, &ella, "", "Overview").await;
    ella.advance(jiff::SignedDuration::from_mins(2));
    let zoé = ella.student().await;
    zoé.put("/users/me", json!({"name": "Zoé"})).await.assert(200);
    zoé.conversation().await;
    page.shows("Zoé").await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn who_looks_for_a_student_is_told_how_many_there_are_and_units_and_zones_stand_with_the_figures() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await.with_class(40, 60).await;
    enter(&page, &ella, "#/students?sort=name", "Students").await;
    page.shows("Nov 2026 UTC").await;
    page.focus("input[type=search]").await;
    page.type_text("lea").await;
    page.until("document.querySelector('[role=status].unseen').textContent === '1 student shown'").await;
    assert_eq!(page.evaluate("document.querySelector('table').closest('[aria-live]')").await, Value::Null);
    page.press("Léa Moreau").await;
    heads(&page, "Léa Moreau").await;
    let chart = "document.querySelector('.columns').getAttribute('aria-label')";
    let label = page.evaluate(chart).await;
    let label = label.as_str().unwrap();
    assert!(label.contains("(UTC)") && label.contains("minutes of speaking in all"), "{label}");
    assert!(!label.contains('.'), "{label} is not rounded");
    let text = page.text().await;
    for shown in ["Minutes of speaking a day", "Days are in UTC."] {
        assert!(text.contains(shown), "{shown} is not in: {text}");
    }
    let joined = page.evaluate("document.querySelector('.head .soft').textContent").await;
    assert!(joined.as_str().unwrap().contains("2026 UTC"), "{joined}");
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn what_is_longer_than_what_is_shown_is_said_to_be() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    let ana = ella.student().await;
    for _ in 0..101 {
        let placement = json!({"cefr_level": "B1", "confidence": 0.8, "transcript": []});
        ana.post("/placements", placement).await.assert(201);
    }
    let id = ana.conversation().await;
    ana.says(&id, "I went home.").await;
    enter(&page, &ella, &format!("#/students/{}", ana.id), "No name").await;
    page.press("Read 101 placement tests").await;
    page.shows("The newest 100 of 101 stand here.").await;
    assert_eq!(page.evaluate("document.querySelectorAll('.placement').length").await, 100);
    let mut talk = ella.admin_get(&format!("/admin/conversations/{id}/transcript")).await.body.clone();
    talk["conversation"]["message_count"] = json!(12_000);
    hold(&page, "*/transcript").await;
    page.evaluate(&format!("location.hash = '#/conversations/{id}'")).await;
    answer(&page, 0, 200, &talk).await;
    page.shows("The first 1 of 12,000 messages stand here.").await;
    page.command("Fetch.disable", json!({})).await;
    follow(&page, "#/students", "Students").await;
    follow(&page, &format!("#/conversations/{id}"), "My weekend").await;
    assert!(!page.text().await.contains("stand here"), "all of it is shown");
    assert_quiet(&page, &ella);
}
