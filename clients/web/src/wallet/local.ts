/** A keypair made in this browser, for a cluster on this machine. Its secret half cannot be read out again. */

import { type KeyPairSigner, createSignerFromKeyPair, generateKeyPair } from '@solana/kit';

const DATABASE = 'holdfast';
const STORE = 'keys';
const KEY = 'local';

/** The keypair of this browser, made on first use. */
export async function localSigner(): Promise<KeyPairSigner> {
    const database = await opened();
    const kept = await request<CryptoKeyPair | undefined>(store(database, 'readonly').get(KEY));
    const pair = kept ?? (await generateKeyPair());
    if (kept === undefined) {
        await request(store(database, 'readwrite').put(pair, KEY));
    }
    database.close();
    return createSignerFromKeyPair(pair);
}

function opened(): Promise<IDBDatabase> {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    return request(opening);
}

function store(database: IDBDatabase, mode: IDBTransactionMode): IDBObjectStore {
    return database.transaction(STORE, mode).objectStore(STORE);
}

function request<T>(asked: IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error ?? new Error('the browser keeps nothing for this page'));
    });
}
