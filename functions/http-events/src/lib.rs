//! HTTP requests and answers as functions get and give them.
//!
//! [`parse_request`] reads the events of HTTP APIs (payload 2.0 and 1.0), REST APIs and Function URLs into one
//! [`Request`]; an [`Answer`] suits all four. What goes wrong for a client is a [`Problem`], which has one shape
//! everywhere: `{"error": {"code", "message"}}`. [`Cors`] is the one place that writes CORS headers.

mod answer;
mod cors;
mod form;
mod problem;
mod request;

pub use answer::Answer;
pub use cors::{Cors, OriginError};
pub use problem::Problem;
pub use request::{EventError, Request, parse_request};
