// Writes src/generated from idl/holdfast.json and the compiled rules, or with --check says whether it
// is what would be written: `cargo xtask idl` calls it with the path of the WebAssembly module.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { rootNodeFromAnchor } from '@codama/nodes-from-anchor';
import { renderVisitor } from '@codama/renderers-js';
import {
    addPdasVisitor,
    argumentValueNode,
    bottomUpTransformerVisitor,
    bytesValueNode,
    constantPdaSeedNodeFromString,
    createFromRoot,
    definedTypeNode,
    instructionRemainingAccountsNode,
    numberTypeNode,
    pdaLinkNode,
    publicKeyTypeNode,
    setStructDefaultValuesVisitor,
    updateInstructionsVisitor,
    variablePdaSeedNode,
} from 'codama';
import prettier from 'prettier';

const CLIENT = join(dirname(fileURLToPath(import.meta.url)), '..');
const IDL = join(CLIENT, '../../idl/holdfast.json');
const MODULE = process.argv[2];
const GENERATED = 'src/generated';

/** Instructions that take accounts after the listed ones, and what these are. */
const FOLLOWING = {
    applyChange: 'vaults',
    executeOrder: 'markets',
    executePoolRequest: 'markets',
    flag: 'markets',
    liquidate: 'markets',
    lockExchange: 'silos',
    observe: 'markets',
    placeOrder: 'markets',
    refreshMarket: 'feeds',
    withdraw: 'markets',
    writeOffDebt: 'markets',
};

/** Derived accounts are called after the instruction's accounts; these have better names. */
const PDA_NAMES = { account: 'marginAccount', request: 'poolRequest', vault: 'liquidityVault' };

const idl = JSON.parse(readFileSync(IDL, 'utf8'));

function follow(name) {
    const options = { isOptional: true, isWritable: name === 'silos', isSigner: false };
    return { remainingAccounts: [instructionRemainingAccountsNode(argumentValueNode(name), options)] };
}

/** Events as types: the renderer has no pages for them. */
function eventTypes(program) {
    const docs = new Map(idl.types.map((type) => [type.name.toLowerCase(), type.docs ?? []]));
    return program.events.map((event) => {
        const { type } = event.data.kind === 'hiddenPrefixTypeNode' ? event.data : { type: event.data };
        return definedTypeNode({
            name: `${event.name}Event`,
            docs: docs.get(event.name.toLowerCase()),
            type,
        });
    });
}

function described() {
    const root = rootNodeFromAnchor(structuredClone(idl));
    const events = eventTypes(root.program);
    const codama = createFromRoot(root);
    codama.update(
        bottomUpTransformerVisitor([
            {
                select: '[programNode]',
                transform: (node) => ({ ...node, definedTypes: [...node.definedTypes, ...events] }),
            },
            {
                select: '[pdaNode]',
                transform: (node) => ({ ...node, name: PDA_NAMES[node.name] ?? node.name }),
            },
            {
                select: '[pdaLinkNode]',
                transform: (node) => pdaLinkNode(PDA_NAMES[node.name] ?? node.name, node.program),
            },
        ]),
    );
    codama.update(
        updateInstructionsVisitor(
            Object.fromEntries(Object.entries(FOLLOWING).map(([name, what]) => [name, follow(what)])),
        ),
    );
    codama.update(
        setStructDefaultValuesVisitor({
            storedSiloTerms: {
                padding: { value: bytesValueNode('base16', '00000000'), strategy: 'omitted' },
            },
        }),
    );
    const silo = variablePdaSeedNode('silo', publicKeyTypeNode());
    const seeds = (first, ...more) => [constantPdaSeedNodeFromString('utf8', first), ...more];
    const number = (name, format) => variablePdaSeedNode(name, numberTypeNode(format));
    codama.update(
        addPdasVisitor({
            holdfast: [
                { name: 'change', seeds: seeds('change', number('number', 'u64')) },
                { name: 'market', seeds: seeds('market', silo, number('index', 'u8')) },
                { name: 'silo', seeds: seeds('silo', number('number', 'u16')) },
            ],
        }),
    );
    return codama;
}

/** Every file below a folder, relative to it. */
function files(folder) {
    const below = readdirSync(folder, { recursive: true });
    return below.filter((name) => statSync(join(folder, name)).isFile()).sort();
}

/** Node's ES modules need file names: `../types` becomes `../types/index.js`. */
function withFileNames(text, file, all) {
    return text.replace(/(from ')(\.[^']*)(')/g, (_, before, path, after) => {
        const target = join(dirname(file), path);
        const named = all.includes(`${target}.ts`) ? `${path}.js` : `${path}/index.js`;
        return before + named + after;
    });
}

/** The renderer writes for Kit 6: what the plugin returns is inferred with Kit 8. */
function withInferredPlugin(text) {
    return text.replace(/\): Omit<T, ["']holdfast["']> & \{\s*holdfast: HoldfastPlugin;?\s*\} =>/, ') =>');
}

/** The events with what their bytes begin with. */
function eventTable() {
    const lines = idl.events.map(({ name, discriminator }) => {
        const decoder = `get${name}EventDecoder`;
        return `{ name: '${name}', discriminator: [${discriminator}], decode: (data: ReadonlyUint8Array) => types.${decoder}().decode(data) },`;
    });
    return [
        "import { type ReadonlyUint8Array } from '@solana/kit';",
        "import * as types from './types/index.js';",
        '/** Every event: its name, the eight bytes it begins with, and what reads the rest. */',
        `export const EVENTS = [${lines.join('\n')}] as const;`,
    ].join('\n');
}

/** Code, name and message of every error; Kit's own table is left out of production builds. */
function errorTable() {
    const lines = idl.errors.map(({ code, name, msg }) => `[${code}, '${name}', ${JSON.stringify(msg)}],`);
    return [
        '/** Code, name and message of every error of the program. */',
        `export const ERRORS = [${lines.join('\n')}] as const;`,
    ].join('\n');
}

function anchorModule() {
    const type = readFileSync(join(CLIENT, '../../idl/holdfast.ts'), 'utf8');
    const text = JSON.stringify(idl);
    return `${type}\n/** The description itself. */\nexport const IDL: unknown = JSON.parse(${JSON.stringify(text)});\n`;
}

function riskModule() {
    const module = readFileSync(MODULE)
        .toString('base64')
        .replace(/.{1,96}/g, "    '$&' +\n");
    return `/** \`clients/ts/risk\`, compiled to WebAssembly, in base64. */\nexport const RISK_MODULE =\n${module}    '';\n`;
}

/** What src/generated holds: text by name. */
async function generated() {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-client-'));
    try {
        await described().accept(
            renderVisitor(folder, { formatCode: false, syncPackageJson: false, generatedFolder: '.' }),
        );
        const all = files(folder).filter((name) => name.endsWith('.ts'));
        const texts = new Map(
            all.map((name) => {
                const text = readFileSync(join(folder, name), 'utf8');
                return [name, withInferredPlugin(withFileNames(text, name, all))];
            }),
        );
        texts.set('errorTable.ts', errorTable());
        texts.set('events.ts', eventTable());
        texts.set('idl.ts', anchorModule());
        texts.set('risk.ts', riskModule());
        const options = { parser: 'typescript', printWidth: 110, tabWidth: 4, singleQuote: true };
        for (const [name, text] of texts) {
            texts.set(
                name,
                ['idl.ts', 'risk.ts'].includes(name) ? text : await prettier.format(text, options),
            );
        }
        return texts;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

const target = join(CLIENT, GENERATED);
const texts = await generated();
if (process.argv.includes('--check')) {
    const committed = new Map(files(target).map((name) => [name, readFileSync(join(target, name), 'utf8')]));
    const names = [...new Set([...texts.keys(), ...committed.keys()])].sort();
    const other = names.find((name) => texts.get(name) !== committed.get(name));
    if (other !== undefined) {
        const file = relative(join(CLIENT, '../..'), join(target, other));
        console.error(
            `error: ${file} differs from what it is made from: run \`cargo xtask idl\` and commit it`,
        );
        process.exitCode = 1;
    }
} else {
    rmSync(target, { recursive: true, force: true });
    for (const [name, text] of texts) {
        mkdirSync(dirname(join(target, name)), { recursive: true });
        writeFileSync(join(target, name), text);
    }
}
