//! Who runs which endpoint and stream, as far as addresses tell.

use std::collections::BTreeMap;

use holdfast_keeper_core::witness::Operators;
use holdfast_rpc::Address;
use url::{Host, Url};

/// Operators of endpoints and streams: those at one domain are one operator's, and so are an endpoint
/// and the stream that belongs to it by convention. At a bare address each port is another's: that is
/// how tunnels and nodes on this machine look.
pub fn operators(endpoints: &[Address], streams: &[Address]) -> Operators {
    let mut numbers = BTreeMap::new();
    let mut number = |name: String| {
        let next = numbers.len();
        *numbers.entry(name).or_insert(next)
    };
    let rpc = endpoints.iter().map(name).map(&mut number).collect();
    let told = streams.iter().map(|stream| {
        let belongs =
            |rpc: &&Address| rpc.websocket().is_some_and(|own| name(&own) == name(stream));
        let own = endpoints.iter().find(belongs);
        number(name(own.unwrap_or(stream)))
    });
    let told = told.collect();
    Operators::new(rpc, told)
}

/// What names an operator: the last two parts of a domain, or an address with its port.
fn name(address: &Address) -> String {
    let Ok(url) = Url::parse(address.secret()) else { return address.to_string() };
    match url.host() {
        Some(Host::Domain(domain)) if domain.contains('.') => {
            let parts: Vec<_> = domain.rsplit('.').take(2).collect();
            parts.join(".")
        }
        _ => address.to_string().split("://").last().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use holdfast_keeper_core::witness::Operators;
    use holdfast_rpc::Address;

    use super::operators;

    fn grouped(endpoints: &[&str], streams: &[&str]) -> Operators {
        let all = |texts: &[&str]| -> Vec<_> {
            texts.iter().map(|text| Address((*text).to_owned())).collect()
        };
        operators(&all(endpoints), &all(streams))
    }

    #[test]
    fn nodes_of_one_domain_are_one_operators() {
        let rpc = ["https://a.one.com/?api-key=1", "https://b.one.com", "https://two.org"];
        let told = ["wss://atlas.two.org", "wss://stream.three.net"];
        assert_eq!(grouped(&rpc, &told), Operators::new(vec![0, 0, 1], vec![1, 2]));
    }

    #[test]
    fn at_a_bare_address_each_port_is_anothers_and_its_stream_the_next() {
        let rpc = ["http://127.0.0.1:8899", "http://127.0.0.1:9899"];
        let told = ["ws://127.0.0.1:9900", "ws://127.0.0.1:7000", "ws://localhost:7000"];
        assert_eq!(grouped(&rpc, &told), Operators::new(vec![0, 1], vec![1, 2, 3]));
    }
}
