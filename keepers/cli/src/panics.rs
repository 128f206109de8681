//! What a panic prints: dependencies may put the address of an endpoint, with its keys, into it.

use std::io::Write;

use holdfast_rpc::Address;

use crate::config::Config;

/// From now on panics print no keys of the settings' endpoints.
pub fn keep_keys_out(config: &Config) {
    let hosts = config.prices.all_hosts().map(|(_, host)| host);
    let hooks = config.guard.webhooks.iter().map(|hook| &hook.url);
    let others = hosts.chain(&config.webhook).chain(hooks).cloned().collect();
    let addresses = [config.rpc.0.clone(), config.streams(), others].concat();
    std::panic::set_hook(Box::new(move |panic| {
        // Not a macro that panics when nothing can be written.
        let _ = writeln!(std::io::stderr(), "{}", without_keys(&addresses, panic.to_string()));
    }));
}

fn without_keys(addresses: &[Address], said: String) -> String {
    addresses.iter().fold(said, |said, address| address.without_keys(&said))
}

#[cfg(test)]
mod tests {
    use holdfast_rpc::Address;

    use super::without_keys;

    #[test]
    fn no_key_of_any_endpoint_is_left() {
        let urls = ["https://a/v2/first-key", "wss://user:other-key@b/?api-key=third-key"];
        let addresses = urls.map(|url| Address(url.to_owned()));
        let said = without_keys(&addresses, format!("called at {} and {}", urls[0], urls[1]));
        assert_eq!(said, "called at https://a/v2/… and wss://user:…@b/?api-key=…");
    }
}
