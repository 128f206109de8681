//! Transactions that get lost.

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
