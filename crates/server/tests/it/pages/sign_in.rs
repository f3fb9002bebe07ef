use serde_json::json;

use super::{assert_for_everybody, assert_nothing_forbidden, assert_quiet, enter, heads, page};
use crate::support::{ADMIN_KEY, Ella};

const NO: &str = "That key does not open this dashboard.";

#[tokio::test]
async fn only_the_right_key_opens_the_dashboard_and_no_other_tab_learns_it() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    page.go(&ella.url("/dashboard")).await;
    heads(&page, "The classroom").await;
    for (typed, said) in [("", "Type the admin key first."), ("not the key", NO), ("päßwörd", NO)] {
        page.focus("#key").await;
        page.type_text(typed).await;
        page.evaluate("document.querySelector('form').noValidate = true").await;
        page.key("Enter").await;
        page.shows(said).await;
        assert_eq!(page.evaluate("document.activeElement.id").await, "key", "it can be typed again at once");
        page.evaluate("document.querySelector('#key').value = ''").await;
    }
    assert_eq!(page.evaluate("document.querySelector('#nav').hidden").await, true);
    assert_for_everybody(&page).await;

    page.focus("#key").await;
    page.type_text(ADMIN_KEY).await;
    page.press("Open the dashboard").await;
    heads(&page, "Overview").await;
    assert_eq!(page.evaluate("localStorage.length").await, 0);
    assert_eq!(page.evaluate("Object.values(sessionStorage)").await, json!([ADMIN_KEY]));
    assert_eq!(page.evaluate("document.cookie").await, "");
    // A reload of the tab does not ask again.
    page.go(&ella.url("/dashboard?again")).await;
    heads(&page, "Overview").await;

    page.press("Sign out").await;
    page.shows("You are signed out.").await;
    assert_for_everybody(&page).await;
    assert_eq!(page.evaluate("sessionStorage.length").await, 0);
    assert_nothing_forbidden(&page).await;
    assert_quiet(&page, &ella);
}

#[tokio::test]
async fn a_key_that_was_changed_meanwhile_is_asked_for_again() {
    let Some(page) = page().await else { return };
    let ella = Ella::start().await;
    enter(&page, &ella, "", "Overview").await;
    page.evaluate("sessionStorage.setItem('ella.admin-key', 'an old key')").await;
    page.press("Speed").await;
    page.shows("That key no longer opens this dashboard.").await;
    heads(&page, "The classroom").await;
}
