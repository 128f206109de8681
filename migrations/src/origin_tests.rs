use super::*;

fn place(genesis: &str, url: &str) -> Place {
    Place { genesis: genesis.to_owned(), near: is_near(&Url::parse(url).unwrap()) }
}

#[test]
fn near_are_this_machine_and_private_networks() {
    for (url, near) in [
        ("http://127.0.0.1:8899", true),
        ("http://localhost:8899", true),
        ("http://validator.localhost", true),
        ("http://[::1]:8899", true),
        ("http://10.1.2.3", true),
        ("http://172.20.0.2:8899", true),
        ("http://192.168.0.2:8899", true),
        ("http://169.254.1.1", true),
        ("http://[fd00::1]", true),
        ("http://[::ffff:10.0.0.1]", true),
        ("https://api.devnet.solana.com", false),
        ("https://localhost.example.com", false),
        ("http://8.8.8.8", false),
        ("http://172.32.0.1", false),
        ("http://[2001:db8::1]", false),
        ("http://0x7f.1.example", false),
    ] {
        assert_eq!(is_near(&Url::parse(url).unwrap()), near, "{url}");
    }
}

#[test]
fn a_cluster_is_local_when_it_is_near_and_not_public() {
    assert!(place("some genesis", "http://127.0.0.1:8899").is_local());
    assert!(!place("some genesis", "https://rpc.example.com").is_local());
    for (name, genesis) in PUBLIC {
        let passed_on = place(genesis, "http://127.0.0.1:8899");
        assert!(!passed_on.is_local(), "{name}");
        assert_eq!(passed_on.to_string(), name);
    }
}

#[test]
fn what_is_for_local_clusters_stays_there() {
    let local = place("some genesis", "http://127.0.0.1:8899");
    let devnet = place(PUBLIC[1].1, "https://api.devnet.solana.com");
    let official = [b"\x7fELF, then code".as_slice(), PLATFORM_TOOLS, b"core/src/fmt"].concat();
    let local_id = local_program_keypair().unwrap().pubkey();
    let own_id = Keypair::new().pubkey();
    for (place, program, elf, refused) in [
        (&local, local_id, b"another".as_slice(), None),
        (&local, own_id, b"another", None),
        (&devnet, own_id, &official, None),
        (&devnet, local_id, &official, Some("the id of local clusters")),
        (&devnet, own_id, b"another", Some("not compiled by Solana's own toolchain")),
    ] {
        let checked = check(place, &program, elf);
        match refused {
            None => assert_eq!(checked, Ok(())),
            Some(part) => {
                let error = checked.unwrap_err();
                assert!(error.contains(part) && error.contains("devnet"), "{error}");
            }
        }
    }
}
