//! Checks exercise e03_escape.

#[allow(unused)]
#[path = "../exercises/e03_escape.rs"]
mod escape;

use escape::escape;

#[test]
fn what_has_a_meaning_in_html_is_replaced() {
    let got = escape("a < b & c > d");
    assert!(!got.contains("&amp;lt;"), "escape: what was escaped was escaped again");
    assert!(got.contains("&amp;"), "escape: the ampersand was left as it is: {got}");
    assert_eq!(got, "a &lt; b &amp; c &gt; d");
}

#[test]
fn quotes_cannot_end_an_attribute() {
    let got = escape("x\" onload='alert(1)'");
    assert!(!got.contains(['"', '\'']), "escape: a quote can end the attribute: {got}");
    assert_eq!(got, "x&quot; onload=&#39;alert(1)&#39;");
}

#[test]
fn everything_else_stays() {
    assert_eq!(escape("caf\u{e9} \u{1F3AC} 100 %\n"), "caf\u{e9} \u{1F3AC} 100 %\n");
}
