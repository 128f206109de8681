//! The venue on a chain that slows, stops, skips and restarts: the compiled program senses it.

mod conditions;
mod forge;
mod griefing;
mod halts;
mod ladder;
mod matrix;
mod sensing;
mod sysvars;
