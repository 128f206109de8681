//! The compiled program, run by a real SVM.

mod life;
