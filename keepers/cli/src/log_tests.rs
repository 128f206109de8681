use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt;

use super::filter;

fn of(asked: &str) -> impl tracing::Subscriber {
    tracing_subscriber::registry().with(filter(Some(asked.to_owned())))
}

#[test]
fn what_would_show_addresses_is_never_logged() {
    for asked in
        ["trace", "debug", "solana_rpc_client=trace,info", "tungstenite=debug", "no=sense=="]
    {
        with_default(of(asked), || {
            assert!(
                !tracing::enabled!(target: "solana_rpc_client::http_sender", tracing::Level::DEBUG)
            );
            assert!(!tracing::enabled!(target: "tungstenite::handshake", tracing::Level::TRACE));
            assert!(!tracing::enabled!(target: "hyper_util::client", tracing::Level::DEBUG));
        });
    }
}

#[test]
fn the_keeper_s_own_words_are_as_asked() {
    let here = || tracing::enabled!(target: "holdfast_keeper_core::keeper", tracing::Level::DEBUG);
    with_default(of("debug"), || assert!(here()));
    with_default(of("info"), || assert!(!here()));
}
