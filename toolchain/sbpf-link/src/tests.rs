//! What is not handled must stop the build with a sentence that names function and operation.

use crate::{
    codegen,
    frames::{LargeFrames, large_frame},
    llvm::{self, Context, Machine, Module},
    make_legal,
};

const LAYOUT: &str = r#"target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128""#;

/// Legalises a module in LLVM's assembly language.
fn legalise(text: &str) -> Result<(), String> {
    llvm::initialise().expect("LLVM 22");
    let context = Context::new();
    let machine = Machine::sbpf().expect("a BPF back end");
    let text = format!("{LAYOUT}\n{text}");
    let module = Module::from_text(context, &text).expect("a module");
    make_legal(&module, &machine).map_err(|error| format!("{error:#}"))
}

/// Legalises a module and generates code from it.
fn generate(text: &str) -> Result<Vec<u8>, String> {
    llvm::initialise().expect("LLVM 22");
    let machine = Machine::sbpf().expect("a BPF back end");
    let module = Module::from_text(Context::new(), &format!("{LAYOUT}\n{text}")).expect("a module");
    let object = make_legal(&module, &machine).and_then(|()| codegen::object(&module, &machine));
    object.map_err(|error| format!("{error:#}"))
}

/// `entrypoint` and a function of a Rust crate that keeps `bytes` on its stack and writes the first
/// and last of them; the call is kept from being inlined.
fn with_frame(bytes: usize) -> String {
    format!(
        "define void @_ZN5venue5trade6settle17h0123456789abcdefE(i64 %at) noinline {{
           %frame = alloca [{bytes} x i8]
           %last = getelementptr i8, ptr %frame, i64 {last}
           %any = getelementptr i8, ptr %frame, i64 %at
           store volatile i8 1, ptr %frame
           store volatile i8 1, ptr %last
           store volatile i8 1, ptr %any
           ret void
         }}
         define i64 @entrypoint(ptr %input) {{
           %at = load i64, ptr %input
           call void @_ZN5venue5trade6settle17h0123456789abcdefE(i64 %at)
           ret i64 0
         }}",
        last = bytes - 1
    )
}

/// Legalises `entrypoint` with a body, after declarations.
fn refused(declarations: &str, body: &str) -> String {
    let text =
        format!("{declarations}\ndefine i64 @entrypoint(ptr %input) {{\n{body}\nret i64 0\n}}");
    legalise(&text).expect_err("a refusal")
}

/// The sentence must hold all of these.
#[track_caller]
fn assert_names(sentence: &str, parts: &[&str]) {
    for part in parts {
        assert!(sentence.contains(part), "no {part:?} in {sentence:?}");
    }
}

#[test]
fn an_empty_program_is_legal() {
    legalise("define i64 @entrypoint(ptr %input) { ret i64 0 }").expect("legal");
}

#[test]
fn wide_division() {
    let sentence = refused(
        "",
        "%wide = load i256, ptr %input\n%part = udiv i256 %wide, 10\nstore i256 %part, ptr %input",
    );
    assert_names(&sentence, &["UDiv", "entrypoint", "256-bit"]);
}

#[test]
fn wide_multiplication() {
    let sentence = refused(
        "",
        "%wide = load i512, ptr %input\n%product = mul i512 %wide, %wide\nstore i512 %product, ptr %input",
    );
    assert_names(&sentence, &["Mul", "entrypoint", "512-bit"]);
}

#[test]
fn wide_shift() {
    let sentence = refused(
        "",
        "%wide = load i256, ptr %input\n%far = shl i256 %wide, %wide\nstore i256 %far, ptr %input",
    );
    assert_names(&sentence, &["Shl", "entrypoint", "256-bit"]);
}

#[test]
fn odd_overflow() {
    let sentence = refused(
        "declare {i48, i1} @llvm.smul.with.overflow.i48(i48, i48)",
        "%odd = load i48, ptr %input
         %both = call {i48, i1} @llvm.smul.with.overflow.i48(i48 %odd, i48 %odd)",
    );
    assert_names(&sentence, &["entrypoint", "llvm.smul.with.overflow", "48-bit"]);
}

#[test]
fn wide_vector() {
    let sentence = refused(
        "",
        "%pair = load <2 x i128>, ptr %input
         %sum = add <2 x i128> %pair, %pair
         store <2 x i128> %sum, ptr %input",
    );
    assert_names(&sentence, &["entrypoint", "vector", "64 bits"]);
}

#[test]
fn vector_division() {
    let sentence = refused(
        "",
        "%pair = load <2 x i64>, ptr %input
         %part = sdiv <2 x i64> %pair, %pair
         store <2 x i64> %part, ptr %input",
    );
    assert_names(&sentence, &["SDiv", "entrypoint", "single integers"]);
}

#[test]
fn float_remainder() {
    let sentence = refused(
        "",
        "%x = load double, ptr %input\n%rest = frem double %x, 2.0\nstore double %rest, ptr %input",
    );
    assert_names(&sentence, &["FRem", "entrypoint", "remainder"]);
}

#[test]
fn assembly_with_a_result() {
    let sentence = refused("", r#"%zero = call i64 asm "$0 = 0", "=r"()"#);
    assert_names(&sentence, &["entrypoint", "inline assembly"]);
}

#[test]
fn argument_by_value() {
    let sentence = refused(
        "declare void @sol_take(ptr byval(i64))",
        "call void @sol_take(ptr byval(i64) %input)",
    );
    assert_names(&sentence, &["sol_take", "by value"]);
}

#[test]
fn variable_arguments() {
    let sentence =
        refused("declare void @sol_print(ptr, ...)", "call void (ptr, ...) @sol_print(ptr %input)");
    assert_names(&sentence, &["sol_print", "variable number"]);
}

#[test]
fn system_call_with_six_arguments() {
    let sentence = refused(
        "declare void @sol_six(i64, i64, i64, i64, i64, i64)",
        "call void @sol_six(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6)",
    );
    assert_names(&sentence, &["sol_six", "registers"]);
}

#[test]
fn unwinding() {
    let sentence = legalise(
        "declare void @abort()
         declare i32 @personality(...)
         define i64 @entrypoint(ptr %input) personality ptr @personality {
           invoke void @abort() to label %done unwind label %caught
         done:
           ret i64 0
         caught:
           %pad = landingpad {ptr, i32} cleanup
           ret i64 1
         }",
    )
    .expect_err("a refusal");
    assert_names(&sentence, &["Invoke", "entrypoint"]);
}

#[test]
fn undefined_function() {
    let sentence = refused("declare void @missing()", "call void @missing()");
    assert_names(&sentence, &["missing", "nobody defines"]);
}

#[test]
fn writable_static() {
    let sentence = refused("@counter = internal global i64 0", "store i64 1, ptr @counter");
    assert_names(&sentence, &["counter", "writable static"]);
}

#[test]
fn other_data_layout() {
    llvm::initialise().expect("LLVM 22");
    let machine = Machine::sbpf().expect("a BPF back end");
    let text = LAYOUT.replace("i128:128", "i128:64");
    let module = Module::from_text(Context::new(), &text).expect("a module");
    let error = crate::link::refuse_other_layout(&module, &machine).expect_err("a refusal");
    assert_names(&error.to_string(), &["i128:64", "i128:128"]);
}

#[test]
fn frame_above_the_limit() {
    let sentence = generate(&with_frame(5_000)).expect_err("a refusal");
    assert_names(
        &sentence,
        &["1 function with", "4,096 bytes", "venue::trade::settle: 5,000 bytes"],
    );
    assert_eq!(sentence.matches("settle").count(), 1, "{sentence}");
    assert!(!sentence.contains("LLVM"), "{sentence}");
}

#[test]
fn frame_of_exactly_the_limit() {
    generate(&with_frame(4_096)).expect("it fits");
}

#[test]
fn frame_just_above_the_limit() {
    let sentence = generate(&with_frame(4_097)).expect_err("a refusal");
    assert_names(&sentence, &["settle: 4,097 bytes"]);
}

#[test]
fn the_largest_frames_come_first_and_the_rest_are_counted() {
    let mut frames = LargeFrames::default();
    for bytes in 5_001..=5_023 {
        let text =
            format!("stack frame size ({bytes}) exceeds limit (4096) in function 'f{bytes}'");
        frames.add(large_frame(&text).expect("a large frame"));
    }
    let sentence = frames.refuse().expect_err("a refusal").to_string();
    assert_names(&sentence, &["23 functions", "bytes:\n  f5023: 5,023 bytes\n", "and 3 more"]);
    assert!(!sentence.contains("f5003"), "{sentence}");
}

#[test]
fn frame_whose_size_is_not_reported() {
    let mut frames = LargeFrames::default();
    let text =
        "<unknown>:0:0: in function f i64 (ptr): Looks like the BPF stack limit is exceeded.";
    frames.add(large_frame(text).expect("a large frame"));
    assert_names(&frames.refuse().expect_err("a refusal").to_string(), &["f: size unknown"]);
}
