//! `ella talk`, from hello to goodbye.

use ella::{
    config::Config,
    talk::{Input, Screen, Talk, hold},
};
use ella_test_support::provider::{Script, ScriptedProvider, reply_json};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::Ella;

const DEVICE: &str = "9b2f1c1e-5d0a-4a53-9f43-0a7c1d2e3f40";

/// Talks with these lines typed; what was shown, with every time in it as `N ms`.
async fn talked(talk: &Talk, lines: &[&str]) -> Result<String, String> {
    let mut out = Vec::new();
    let mut screen = Screen::new(&mut out, false, true);
    let config = Config::from_flags([""; 0]).unwrap();
    hold(talk, &config, None, Input::of(lines), &mut screen).await?;
    let shown = String::from_utf8(out).unwrap();
    let words = shown.split(' ').collect::<Vec<_>>();
    let timeless = words.iter().enumerate().map(|(index, word)| {
        let is_time = words.get(index + 1).is_some_and(|next| next.starts_with("ms"));
        if is_time { "N" } else { word }
    });
    Ok(timeless.collect::<Vec<_>>().join(" "))
}

fn to(ella: &Ella) -> Talk {
    Talk { server: Some(format!("http://{}", ella.address)), topic: None, device: DEVICE.parse().ok() }
}

#[tokio::test]
async fn a_whole_call_with_zoe() {
    let zoe = ScriptedProvider::start().unwrap();
    zoe.next(Script::answer(
        json!({"reply": "Hi, I am Zoe! What do you do at school?", "topic": "school"}).to_string(),
    ));
    zoe.next(Script::answer(reply_json(
        "You went to school! What did you learn?",
        &json!([{"original": "go", "corrected": "went", "explanation": "Yesterday is past.", "category": "grammar", "type": "VERB:TENSE"}]),
    )));
    zoe.next(Script::new().status(500));
    let moments = json!([{"message": 2, "quote": "school yesterday", "why": "You said when."}]);
    let analysis =
        json!({"reply": "You talked about school.", "best_moments": moments, "next_steps": ["Say went."]});
    zoe.next(Script::answer(analysis.to_string()));
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;

    let lines = [
        "school trips",
        "I go to school yesterday",
        "",
        "I learned math",
        "/help",
        "/dance",
        "/analyse",
        "/quit",
    ];
    let shown = talked(&to(&ella), &lines).await.unwrap();
    let built_in = shown.lines().skip_while(|line| *line != "You  I learned math").nth(1).unwrap();
    assert!(built_in.starts_with("Zoe  "), "{shown}");
    let expected = format!(
        "\
Welcome to Ella! Zoe is your English tutor. /help lists what you can type.
What would you like to talk about? Press Enter to let Zoe choose.
You  school trips
     (topic: school trips)
Zoe  Hi, I am Zoe! What do you do at school?
You  I go to school yesterday
Zoe  You went to school! What did you learn?
     go → went   Yesterday is past.
     first words N ms · voice N ms · turn N ms
You  \nYou  I learned math
{built_in}
     (Zoe's built-in voice, built_in lines-2: no language model answers, so nothing is corrected.)
     first words N ms · voice N ms · turn N ms
You  /help
     Type what you would say, and Zoe answers.
     /analyse   look back at this call
     /help      these lines
     /quit      say goodbye (Ctrl-D does the same)
You  /dance
     /dance is nothing that can be done; /help lists what can.
You  /analyse
Zoe  You talked about school.
     courage 29 of 100
     turns 2 · words a turn 4.0 · longest 5 · questions 0 · your share of the words 23 %
     “school yesterday”  You said when.
     next: Say went.
You  /quit
Goodbye! You said 8 words in 2 turns, 0 min 0 s, with 1 correction. Half of Zoe's answers took no more than N ms.
"
    );
    assert_eq!(shown, expected);

    let ana = ella.student_on(DEVICE.parse().unwrap()).await;
    let calls = ana.get("/conversations").await;
    assert_eq!(calls.body["items"][0]["status"], "completed");
    assert_eq!(calls.body["items"][0]["message_count"], 5);
}

#[tokio::test]
async fn zoe_chooses_the_topic_and_the_built_in_voice_says_so_once() {
    let ella = Ella::start().await;
    let shown = talked(&to(&ella), &["", "I like dogs", "I have a dog"]).await.unwrap();
    assert_eq!(shown.matches("built-in voice").count(), 1, "{shown}");
    assert!(shown.contains("     (topic: "), "{shown}");
    assert!(shown.ends_with(" ms.\n") && shown.contains("Goodbye! You said 7 words in 2 turns"), "{shown}");

    let again = Talk { topic: Some("my cat".to_owned()), ..to(&ella) };
    let shown = talked(&again, &[]).await.unwrap();
    assert!(shown.starts_with("Welcome back!") && shown.contains("(topic: my cat)"), "{shown}");
    assert!(shown.ends_with("Goodbye! You have not said anything this time.\n"), "{shown}");
}

#[tokio::test]
async fn who_leaves_before_there_is_a_topic_leaves_nothing_behind() {
    let ella = Ella::start().await;
    for lines in [&[][..], &["/help", "/quit"][..]] {
        assert!(talked(&to(&ella), lines).await.unwrap().ends_with("Goodbye!\n"));
    }
    let ana = ella.student_on(DEVICE.parse().unwrap()).await;
    assert_eq!(ana.get("/conversations").await.body["items"], json!([]));
}

#[tokio::test]
async fn what_the_server_refuses_is_said_in_its_own_words_and_the_call_goes_on() {
    let ella = Ella::start().await;
    let long = "word ".repeat(801);
    let shown = talked(&to(&ella), &["", &long, "I am here"]).await.unwrap();
    assert!(shown.contains("4000"), "{shown}");
    assert!(shown.contains("You said 3 words in 1 turn"), "{shown}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_what_to_do() {
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let talk = Talk { server: Some(format!("http://{free}")), ..Talk::default() };
    assert_eq!(
        talked(&talk, &[]).await.unwrap_err(),
        format!(
            "No server answers at http://{free}. Start one with `ella serve` in another terminal, or name another with --server."
        )
    );
    let talk = Talk { server: Some("my server".to_owned()), ..Talk::default() };
    assert!(talked(&talk, &[]).await.unwrap_err().contains("is no address"));
}

#[tokio::test]
async fn who_takes_over_begins_on_a_line_of_their_own() {
    let (first, second) = (ScriptedProvider::start().unwrap(), ScriptedProvider::start().unwrap());
    first.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    first.next(Script::new().text(r#"{"reply": "Well, I"#).disconnect());
    second.next(Script::answer(reply_json("I like tea. And you?", &json!([]))));
    let ella = Ella::with()
        .flag("--llm", format!("{},{}", first.openai("one"), second.openai("two")))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;
    let shown = talked(&to(&ella), &["tea", "I like tea"]).await.unwrap();
    assert!(shown.contains("You  I like tea\nZoe  Well, I…\nZoe  I like tea. And you?\n"), "{shown}");
}

/// Passes everything on to the server, but loses its answer to the first turn. The answer to a copy of it may come in
/// pieces: its head, while the first one is still at work, and then the rest.
async fn lossy_line(listener: TcpListener, server: std::net::SocketAddr) {
    let mut has_lost = false;
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut upstream = TcpStream::connect(server).await.unwrap();
        if has_lost {
            // Whoever leaves in the middle of it is noticed by what is shown.
            let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream).await;
            continue;
        }
        let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
        // Requests and answers are small here, and come one at a time.
        while let Ok(length @ 1..) = client.read(&mut asked).await {
            upstream.write_all(&asked[..length]).await.unwrap();
            let Ok(back @ 1..) = upstream.read(&mut answered).await else { break };
            let is_turn = String::from_utf8_lossy(&asked[..length]).contains("/llm/conversation-turn");
            if is_turn && !std::mem::replace(&mut has_lost, true) {
                break;
            }
            client.write_all(&answered[..back]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_on_the_way_is_asked_for_again_and_given_once() {
    let zoe = ScriptedProvider::start().unwrap();
    zoe.next(Script::answer(json!({"reply": "Hi!", "topic": "tea"}).to_string()));
    zoe.next(Script::answer(reply_json("I like tea, too.", &json!([]))));
    let ella = Ella::with()
        .flag("--llm", zoe.openai("m"))
        .flag("--turn-budget-ms", 30_000)
        .flag("--first-sentence-ms", 30_000)
        .start()
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = listener.local_addr().unwrap();
    let talk = Talk { server: Some(format!("http://{line}")), ..to(&ella) };
    let shown = tokio::select! {
        shown = talked(&talk, &["tea", "I like tea"]) => shown.unwrap(),
        () = lossy_line(listener, ella.address) => unreachable!("it listens for ever"),
    };
    assert!(shown.contains("Zoe  I like tea, too.\n"), "{shown}");
    assert_eq!(zoe.calls().len(), 2, "the starter and one turn");
}
