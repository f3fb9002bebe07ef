//! Tests of the parts together, over real sockets unless they say otherwise.

mod fakes;
mod faults;
mod gathering;
mod json_turns;
mod on_the_wire;
mod order;
mod racing;
mod replies;
mod sentences;
mod within_two_seconds;
