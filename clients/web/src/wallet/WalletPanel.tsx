/** Choosing a wallet, and what the chosen one holds. */

import { useEffect, useRef, useState } from 'react';

import { type Connected, usePage } from '../context.js';
import { localWalletRefusal } from '../venue/cluster.js';
import { amount, brief, number } from '../words/format.js';
import { localSigner } from './local.js';
import { connect, useWallets } from './standard.js';

const SOL = 1e9;
/** What a local wallet asks the cluster for, lamports. */
const AIRDROP = 10_000_000_000n;

/** The button in the header. */
export function WalletButton() {
    const { wallet, askForWallet } = usePage();
    return (
        <button type="button" className="button small wallet-button" aria-haspopup="dialog" onClick={askForWallet}>
            {wallet === undefined ? (
                'Connect wallet'
            ) : (
                <span>
                    <span className="wallet-name">{wallet.name} </span>
                    {brief(wallet.signer.address)}
                </span>
            )}
        </button>
    );
}

interface Props {
    isOpen: boolean;
    close: () => void;
    choose: (wallet: Connected | undefined) => void;
}

export function WalletPanel({ isOpen, close, choose }: Props) {
    const { wallet } = usePage();
    const dialog = useRef<HTMLDialogElement>(null);
    useEffect(() => {
        if (isOpen) dialog.current?.showModal();
        else dialog.current?.close();
    }, [isOpen]);
    return (
        <dialog
            ref={dialog}
            aria-labelledby="wallet-title"
            onClose={close}
            onClick={(event) => event.target === dialog.current && close()}
        >
            <div className="dialog-body">
                <header className="card-head">
                    <h2 id="wallet-title">{wallet === undefined ? 'Connect a wallet' : 'Your wallet'}</h2>
                    <button type="button" className="link" onClick={close}>
                        Close
                    </button>
                </header>
                {isOpen &&
                    (wallet === undefined ? (
                        <Choose close={close} choose={choose} />
                    ) : (
                        <Chosen wallet={wallet} leave={() => choose(undefined)} />
                    ))}
            </div>
        </dialog>
    );
}

function Choose({ close, choose }: Pick<Props, 'close' | 'choose'>) {
    const { cluster } = usePage();
    const wallets = useWallets();
    const [failed, setFailed] = useState<string>();
    const refused = localWalletRefusal(cluster);
    const take = (wallet: Promise<Connected>) =>
        wallet.then(
            (chosen) => {
                choose(chosen);
                close();
            },
            (error: unknown) => setFailed(error instanceof Error ? error.message : String(error)),
        );
    const name = 'Local wallet';
    return (
        <div className="stacked">
            {wallets.map((known) => (
                <button
                    key={known.name}
                    type="button"
                    className="button quiet"
                    onClick={() =>
                        void take(connect(known, cluster.name).then((signer) => ({ signer, name: known.name })))
                    }
                >
                    {known.name}
                </button>
            ))}
            {wallets.length === 0 && (
                <p className="text note">
                    No wallet was found in this browser. Any wallet of the wallet-standard works here.
                </p>
            )}
            {refused === undefined ? (
                <button
                    type="button"
                    className="button"
                    onClick={() => void take(localSigner().then((signer) => ({ signer, name })))}
                >
                    Use a wallet of this browser
                </button>
            ) : (
                <p className="text note">{refused}</p>
            )}
            {refused === undefined && (
                <p className="text note">Made in this browser, for the cluster on this machine only.</p>
            )}
            {failed !== undefined && (
                <p className="error" role="alert">
                    {failed}
                </p>
            )}
        </div>
    );
}

function Chosen({ wallet, leave }: { wallet: Connected; leave: () => void }) {
    const { snapshot, unit, cluster, settings, refresh } = usePage();
    const [said, setSaid] = useState<string>();
    const { holdings } = snapshot;
    const isLocal = localWalletRefusal(cluster) === undefined;
    const ask = async () => {
        setSaid('Asking the cluster…');
        const { address } = wallet.signer;
        try {
            await cluster.rpc
                .requestAirdrop(address, AIRDROP as Parameters<typeof cluster.rpc.requestAirdrop>[1])
                .send();
            if (settings.faucet !== undefined) await gift(settings.faucet, address);
            setSaid(undefined);
        } catch (error) {
            setSaid(`The cluster gives nothing: ${error instanceof Error ? error.message : String(error)}.`);
        }
        refresh();
    };
    return (
        <div className="stacked">
            <p className="text">
                {wallet.name}
                <br />
                <code className="address">{wallet.signer.address}</code>
            </p>
            <dl className="lines">
                <div className="line">
                    <dt>For fees</dt>
                    <dd>{number(Number(holdings?.lamports ?? 0n) / SOL, 4)} SOL</dd>
                </div>
                <div className="line">
                    <dt>Collateral</dt>
                    <dd>{amount(holdings?.tokens ?? 0n, unit, 2)}</dd>
                </div>
            </dl>
            {isLocal && (
                <button type="button" className="button" onClick={() => void ask()}>
                    Get {settings.faucet === undefined ? 'SOL' : `SOL and ${unit}`} of this cluster
                </button>
            )}
            {said !== undefined && (
                <p className="text note" role="status">
                    {said}
                </p>
            )}
            <button type="button" className="button quiet" onClick={leave}>
                Disconnect
            </button>
        </div>
    );
}

/** Asks the local cluster's server for collateral. */
async function gift(faucet: string, address: string): Promise<void> {
    const body = JSON.stringify({ address });
    const answer = await fetch(faucet, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (!answer.ok) throw new Error(await answer.text());
}
