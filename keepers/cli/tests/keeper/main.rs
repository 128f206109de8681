//! `holdfast keeper run`, run as an operator runs it, against a node of the embedded cluster.

mod bringing;
mod keeping;
mod running;
