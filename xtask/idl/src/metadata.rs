//! What migrations send Solana's program-metadata program and read of it, which its own client is compared
//! with in `tests/ts`.

use anyhow::{Context as _, Result, ensure};
use holdfast_client::holdfast;
use holdfast_migrations::metadata::{self as build, HEADER, Kind, Stored};
use serde::Serialize;

use crate::examples::{self, Example, hexadecimal, key};

/// Everything that is compared.
#[derive(Serialize)]
pub struct Compared {
    /// Where the program's interface description lies.
    address: String,
    /// Every instruction that is sent.
    instructions: Vec<Example>,
    /// An account of it, hexadecimal.
    account: String,
    /// What of that is the packed description.
    content: String,
}

/// The examples.
///
/// # Errors
/// When the account is not read as what it is.
pub fn all() -> Result<Compared> {
    let (program, wallet, buffer) = (holdfast::ID, key(1), key(2));
    let address = build::address(&program);
    let own = Some(&program);
    let instructions = [
        ("allocate", build::allocate(&wallet, &program)),
        ("allocateBuffer", build::allocate_buffer(&buffer)),
        ("extend", build::extend(&address, &wallet, own, 10_240)),
        ("extendBuffer", build::extend(&buffer, &wallet, None, 700)),
        ("write", build::write(&address, &wallet, 900, &[1, 2, 3])),
        ("initialize", build::initialize(&wallet, &program)),
        ("setAuthority", build::set_authority(&address, &wallet, own, &key(3))),
        ("setBufferAuthority", build::set_authority(&buffer, &buffer, None, &wallet)),
        ("setData", build::set_data(&wallet, &program, &buffer)),
        ("trim", build::trim(&wallet, &program, &key(4))),
        ("close", build::close(&address, &wallet, own, &key(4))),
        ("closeBuffer", build::close(&buffer, &wallet, None, &key(4))),
    ];
    // The JSON `{}`, packed.
    let content = [0x78, 0x9c, 0xab, 0xae, 0x05, 0x00, 0x01, 0x75, 0x00, 0xf9];
    let mut account = vec![0; HEADER];
    account[0] = 2;
    account[1..33].copy_from_slice(program.as_ref());
    account[33..65].copy_from_slice(wallet.as_ref());
    (account[65], account[66]) = (1, 1);
    account[67..70].copy_from_slice(b"idl");
    account[83..87].copy_from_slice(&[1, 2, 1, 0]);
    account[87] = 10;
    account.extend(content);
    let stored = Stored::read(&account).context("the account is not read")?;
    let expected =
        Stored { authority: Some(wallet), kind: Kind::Idl { mutable: true }, content: &content };
    ensure!(stored == expected, "the account is read as {stored:?}");
    Ok(Compared {
        address: address.to_string(),
        instructions: instructions
            .iter()
            .map(|(name, built)| examples::foreign(name, built))
            .collect(),
        account: hexadecimal(&account),
        content: hexadecimal(&content),
    })
}
