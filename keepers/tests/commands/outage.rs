//! Transactions that get lost, and endpoints that do not answer.

use holdfast_sim::node::Node;

use super::operator::Operator;

#[test]
fn a_transaction_that_gets_lost_is_sent_again() {
    let operator = Operator::on_a_living_venue("lost twice", 10);
    operator.node.lock().expect("no panic").loses = 2;
    operator.works(&["account", "open"]);
    assert_eq!(operator.node.lock().expect("no panic").loses, 0);
}

#[test]
fn one_that_can_land_no_more_is_said_to_have_failed() {
    let operator = Operator::on_a_venue("lost for good", 10, |node: &mut Node| {
        node.cluster.pass(10_000);
        node.tick();
    });
    operator.node.lock().expect("no panic").loses = usize::MAX;
    let said = operator.refuses(&["account", "open"]);
    assert!(said.contains("did not land before its blockhash expired"), "{said}");
    assert!(said.contains("nothing has happened"), "{said}");
}

#[test]
fn one_endpoint_that_answers_is_enough() {
    let operator = Operator::on_a_living_venue("one of two", 10);
    let live = operator.endpoint();
    let both = ["--rpc", "http://127.0.0.1:1/secret", "--rpc", &live];
    let with = |command: &[&'static str]| [&both[..], command].concat();
    operator.works(&with(&["account", "open"]));
    operator.works(&with(&["account", "deposit", "10"]));
    operator.works(&with(&["account", "withdraw", "10"]));
    let said = operator.refuses(&["--rpc", both[1], "account", "open"]);
    assert!(said.contains("http://127.0.0.1:1 does not answer"), "{said}");
}
