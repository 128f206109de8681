/** Small parts that the views are made of. */

import { type ReactNode, useId } from 'react';

/** A framed part of the page under a heading. */
export function Card({
    title,
    aside,
    children,
    className = '',
}: {
    title: string;
    aside?: ReactNode;
    children: ReactNode;
    className?: string;
}) {
    const id = useId();
    return (
        <section className={`card ${className}`} aria-labelledby={id}>
            <header className="card-head">
                <h2 id={id}>{title}</h2>
                {aside !== undefined && <div className="card-aside">{aside}</div>}
            </header>
            {children}
        </section>
    );
}

/** A figure under its name, with a remark. */
export function Figure({
    label,
    value,
    note,
    tone,
}: {
    label: string;
    value: ReactNode;
    note?: ReactNode;
    tone?: string;
}) {
    return (
        <div className="figure">
            <dt>{label}</dt>
            <dd className={tone}>{value}</dd>
            {note !== undefined && <dd className="note">{note}</dd>}
        </div>
    );
}

/** A line of a list of terms. */
export function Line({ label, children, hint }: { label: ReactNode; children: ReactNode; hint?: string }) {
    return (
        <div className="line">
            <dt>
                {label}
                {hint !== undefined && <span className="hint">{hint}</span>}
            </dt>
            <dd>{children}</dd>
        </div>
    );
}

/** A number to type, with its unit inside the field. */
export function Field(props: {
    label: string;
    unit: string;
    value: string;
    onChange: (text: string) => void;
    error?: string | undefined;
    action?: { text: string; run: () => void } | undefined;
    disabled?: boolean;
}) {
    const { label, unit, value, onChange, error, action, disabled = false } = props;
    const id = useId();
    return (
        <div className="field">
            <div className="field-top">
                <label htmlFor={id}>{label}</label>
                {action !== undefined && (
                    <button type="button" className="link" onClick={action.run}>
                        {action.text}
                    </button>
                )}
            </div>
            <div className={`input ${error === undefined ? '' : 'wrong'}`}>
                <input
                    id={id}
                    inputMode="decimal"
                    autoComplete="off"
                    placeholder="0"
                    value={value}
                    disabled={disabled}
                    aria-invalid={error !== undefined}
                    aria-describedby={error === undefined ? `${id}-unit` : `${id}-unit ${id}-error`}
                    onChange={(event) => onChange(event.target.value.replace(',', '.').trim())}
                />
                <span id={`${id}-unit`} className="unit">
                    {unit}
                </span>
            </div>
            {error !== undefined && (
                <p id={`${id}-error`} className="error">
                    {error}
                </p>
            )}
        </div>
    );
}

/** A button that says why it does nothing, instead of disappearing. */
export function Act(props: {
    children: ReactNode;
    reason?: string | undefined;
    run?: (() => void) | undefined;
    submit?: boolean;
    kind?: 'main' | 'buy' | 'sell' | 'quiet';
    label?: string;
}) {
    const { children, reason, run, submit = false, kind = 'main', label } = props;
    const id = useId();
    const blocked = reason !== undefined;
    return (
        <div className="act">
            <button
                type={submit ? 'submit' : 'button'}
                className={`button ${kind}`}
                aria-disabled={blocked}
                aria-label={label}
                aria-describedby={blocked ? id : undefined}
                onClick={(event) => {
                    if (blocked) event.preventDefault();
                    else run?.();
                }}
            >
                {children}
            </button>
            {blocked && (
                <p id={id} className="reason">
                    {reason}
                </p>
            )}
        </div>
    );
}

/** One of a few, as buttons in a row. */
export function Choice<Value extends string>(props: {
    label: string;
    value: Value;
    options: readonly (readonly [Value, string])[];
    onChange: (value: Value) => void;
    className?: string;
}) {
    const { label, value, options, onChange, className = '' } = props;
    const name = useId();
    return (
        <fieldset className={`choice ${className}`}>
            <legend className="away">{label}</legend>
            {options.map(([option, text]) => (
                <label key={option} className={`option ${option}`}>
                    <input type="radio" name={name} checked={option === value} onChange={() => onChange(option)} />
                    <span>{text}</span>
                </label>
            ))}
        </fieldset>
    );
}

/** What stands where there is nothing yet. */
export function Empty({ children }: { children: ReactNode }) {
    return <p className="empty">{children}</p>;
}
