mod admin;
mod anonymous;
mod device_secret;
mod limit;
mod token;
