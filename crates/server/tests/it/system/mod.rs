mod docs;
mod health;
mod root;
