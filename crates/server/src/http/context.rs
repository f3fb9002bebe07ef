//! What belongs to one request while it is served: its id, who asked, and where its time went.
//!
//! It travels as a task-local, so that the database and the tutor can add their time without every function
//! between handing it down. Work that outlives its request carries it along with [`carried`].

use std::{
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use uuid::Uuid;

tokio::task_local! {
    static CURRENT: Arc<RequestContext>;
}

/// One request's id, student and times.
#[derive(Debug)]
pub struct RequestContext {
    /// `x-request-id`, the client's own or made here.
    pub request_id: String,
    /// When it arrived.
    pub arrived: tokio::time::Instant,
    student: OnceLock<Uuid>,
    database: Stopwatch,
    llm: Stopwatch,
    first_sentence: OnceLock<Duration>,
    end_of_stream: OnceLock<&'static str>,
}

/// Adds up time spent somewhere; knows whether it was spent at all.
#[derive(Debug, Default)]
struct Stopwatch {
    uses: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Stopwatch {
    fn add(&self, time: Duration) {
        self.uses.fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn read(&self) -> Option<Duration> {
        (self.uses.load(Ordering::Relaxed) > 0)
            .then(|| Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)))
    }
}

impl RequestContext {
    /// The context of a request that has just arrived.
    #[must_use]
    pub fn new(request_id: String) -> Self {
        Self {
            request_id,
            arrived: tokio::time::Instant::now(),
            student: OnceLock::new(),
            database: Stopwatch::default(),
            llm: Stopwatch::default(),
            first_sentence: OnceLock::new(),
            end_of_stream: OnceLock::new(),
        }
    }

    /// Notes whose token the request carried.
    pub fn set_student(&self, student: Uuid) {
        // A second extractor in one request carries the same student.
        let _ = self.student.set(student);
    }

    /// Whose token the request carried, once that is known.
    pub fn student(&self) -> Option<Uuid> {
        self.student.get().copied()
    }

    /// The time spent with the database, its queue included; none if it was not asked.
    pub fn database_time(&self) -> Option<Duration> {
        self.database.read()
    }

    /// The time spent with Zoe's voice; none if she was not asked.
    pub fn llm_time(&self) -> Option<Duration> {
        self.llm.read()
    }

    /// From the arrival to the first sentence of a stream, once there was one.
    pub fn first_sentence(&self) -> Option<Duration> {
        self.first_sentence.get().copied()
    }

    /// How a stream ended, once it has.
    pub fn end_of_stream(&self) -> Option<&'static str> {
        self.end_of_stream.get().copied()
    }
}

/// Runs `work` with `context` as the current one.
pub async fn with<F: Future>(context: Arc<RequestContext>, work: F) -> F::Output {
    CURRENT.scope(context, work).await
}

/// Wraps work that may outlive its request so that it still counts for it.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let context = CURRENT.try_with(Arc::clone).ok();
    async move {
        match context {
            Some(context) => with(context, work).await,
            None => work.await,
        }
    }
}

/// The current request's id; empty outside a request.
#[must_use]
pub fn request_id() -> String {
    CURRENT.try_with(|context| context.request_id.clone()).unwrap_or_default()
}

/// When the current request arrived; now, outside a request.
#[must_use]
pub fn arrived() -> tokio::time::Instant {
    CURRENT.try_with(|context| context.arrived).unwrap_or_else(|_| tokio::time::Instant::now())
}

/// Notes whose token the current request carried.
pub fn set_student(student: Uuid) {
    let _ = CURRENT.try_with(|context| context.set_student(student));
}

/// Whose token the current request carried, once that is known.
#[must_use]
pub fn student() -> Option<Uuid> {
    CURRENT.try_with(|context| context.student()).ok().flatten()
}

/// Adds time spent with the database to the current request.
pub fn add_database_time(time: Duration) {
    let _ = CURRENT.try_with(|context| context.database.add(time));
}

/// Adds time spent with Zoe's voice to the current request.
pub fn add_llm_time(time: Duration) {
    let _ = CURRENT.try_with(|context| context.llm.add(time));
}

/// Notes that a sentence of the current request's stream is on its way; the first one counts.
pub fn note_sentence() {
    let _ = CURRENT.try_with(|context| context.first_sentence.set(context.arrived.elapsed()));
}

/// Notes how the current request's stream ended.
pub fn note_end_of_stream(end: &'static str) {
    let _ = CURRENT.try_with(|context| context.end_of_stream.set(end));
}
