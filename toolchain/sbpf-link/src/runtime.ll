; Functions that legalised code, instruction selection and std call.
;
; They are linked in after optimisation, so what is written here is what is executed, and they
; pass through legalisation like the program itself.

target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
target triple = "bpfel"

; The virtual machine.
declare void @sol_memmove_(ptr, ptr, i64)
declare void @sol_memset_(ptr, i64, i64)
declare void @sol_memcmp_(ptr, ptr, i64, ptr)
declare void @sol_log_(ptr, i64)
declare void @abort()

; C's memory functions, which instruction selection may call. The virtual machine's memcpy
; refuses to copy a range to itself, which LLVM does; its memmove does not.

define ptr @memcpy(ptr %d, ptr %s, i64 %n) noinline nounwind {
  call void @sol_memmove_(ptr %d, ptr %s, i64 %n)
  ret ptr %d
}

define ptr @memmove(ptr %d, ptr %s, i64 %n) noinline nounwind {
  call void @sol_memmove_(ptr %d, ptr %s, i64 %n)
  ret ptr %d
}

define ptr @memset(ptr %d, i32 %c, i64 %n) noinline nounwind {
  %c8 = and i32 %c, 255
  %c64 = zext i32 %c8 to i64
  call void @sol_memset_(ptr %d, i64 %c64, i64 %n)
  ret ptr %d
}

define i32 @memcmp(ptr %a, ptr %b, i64 %n) noinline nounwind {
  %r = alloca i32, align 8
  store i32 0, ptr %r
  call void @sol_memcmp_(ptr %a, ptr %b, i64 %n, ptr %r)
  %v = load i32, ptr %r
  ret i32 %v
}

define i32 @bcmp(ptr %a, ptr %b, i64 %n) noinline nounwind {
  %r = alloca i32, align 8
  store i32 0, ptr %r
  call void @sol_memcmp_(ptr %a, ptr %b, i64 %n, ptr %r)
  %v = load i32, ptr %r
  ret i32 %v
}

; The system interface of std's platform `zkvm`, which std is built as.

define void @sys_write(i32 %fd, ptr %p, i64 %n) nounwind {
  call void @sol_log_(ptr %p, i64 %n)
  ret void
}

define void @sys_rand(ptr %p, i64 %n) nounwind {
  %b = shl i64 %n, 2
  call void @sol_memset_(ptr %p, i64 1, i64 %b)
  ret void
}

define void @sys_halt() noreturn nounwind {
  call void @abort()
  unreachable
}

define void @sys_panic(ptr %p, i64 %n) noreturn nounwind {
  call void @sol_log_(ptr %p, i64 %n)
  call void @abort()
  unreachable
}

; The high half of a 64-bit product, from products of 32-bit halves. No sum here can overflow. Of
; two numbers of 32 bits it is zero.
define i64 @__sbpf_mulhi(i64 %a, i64 %b) nounwind {
  %both = or i64 %a, %b
  %high = lshr i64 %both, 32
  %short = icmp eq i64 %high, 0
  br i1 %short, label %zero, label %long
zero:
  ret i64 0
long:
  %al = and i64 %a, 4294967295
  %ah = lshr i64 %a, 32
  %bl = and i64 %b, 4294967295
  %bh = lshr i64 %b, 32
  %ll = mul i64 %al, %bl
  %hl = mul i64 %ah, %bl
  %lh = mul i64 %al, %bh
  %hh = mul i64 %ah, %bh
  %t0 = lshr i64 %ll, 32
  %t1 = add i64 %hl, %t0
  %t1l = and i64 %t1, 4294967295
  %t1h = lshr i64 %t1, 32
  %t2 = add i64 %lh, %t1l
  %t2h = lshr i64 %t2, 32
  %s = add i64 %hh, %t1h
  %r = add i64 %s, %t2h
  ret i64 %r
}

; Whether a 128-bit product overflows: surely not if both high halves are zero, surely if neither
; is, and otherwise if the cross product or its sum with the low product's carry overflows.
define i1 @__sbpf_umulo128(i128 %a, i128 %b) nounwind {
  %al = trunc i128 %a to i64
  %bl = trunc i128 %b to i64
  %as = lshr i128 %a, 64
  %bs = lshr i128 %b, 64
  %ah = trunc i128 %as to i64
  %bh = trunc i128 %bs to i64
  %h = or i64 %ah, %bh
  %small = icmp eq i64 %h, 0
  br i1 %small, label %no, label %big
big:
  %az = icmp ne i64 %ah, 0
  %bz = icmp ne i64 %bh, 0
  %both = and i1 %az, %bz
  br i1 %both, label %yes, label %one
one:
  %hi = select i1 %az, i64 %ah, i64 %bh
  %lo = select i1 %az, i64 %bl, i64 %al
  %u = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %hi, i64 %lo)
  %uo = extractvalue { i64, i1 } %u, 1
  %cross = extractvalue { i64, i1 } %u, 0
  br i1 %uo, label %yes, label %fit
fit:
  %mh = call i64 @__sbpf_mulhi(i64 %al, i64 %bl)
  %sum = add i64 %mh, %cross
  %c = icmp ult i64 %sum, %cross
  ret i1 %c
no:
  ret i1 false
yes:
  ret i1 true
}

; The same of signed numbers: the product of the magnitudes may be 2^127 - 1, or 2^127 if the
; result is negative.
define i1 @__sbpf_smulo128(i128 %a, i128 %b) nounwind {
  %sa = ashr i128 %a, 127
  %sb = ashr i128 %b, 127
  %xa = xor i128 %a, %sa
  %xb = xor i128 %b, %sb
  %ua = sub i128 %xa, %sa
  %ub = sub i128 %xb, %sb
  %o = call i1 @__sbpf_umulo128(i128 %ua, i128 %ub)
  br i1 %o, label %yes, label %chk
chk:
  %p = mul i128 %ua, %ub
  %x = xor i128 %a, %b
  %n = lshr i128 %x, 127
  %lim = add i128 %n, 170141183460469231731687303715884105727
  %r = icmp ugt i128 %p, %lim
  ret i1 %r
yes:
  ret i1 true
}
declare { i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)

; Division. On this target compiler_builtins takes and returns 128 bits by pointer. Most numbers
; fit 64 bits, for which there is an instruction.

declare void @__udivti3(ptr, ptr, ptr)
declare void @__umodti3(ptr, ptr, ptr)
define i128 @__sbpf_udiv128(i128 %a, i128 %b) nounwind {
  %pa = alloca i128, align 16
  %pb = alloca i128, align 16
  %po = alloca i128, align 16
  %o = or i128 %a, %b
  %os = lshr i128 %o, 64
  %h = trunc i128 %os to i64
  %small = icmp eq i64 %h, 0
  br i1 %small, label %fast, label %slow
fast:
  %al = trunc i128 %a to i64
  %bl = trunc i128 %b to i64
  %q = udiv i64 %al, %bl
  %qz = zext i64 %q to i128
  ret i128 %qz
slow:
  store i128 %a, ptr %pa
  store i128 %b, ptr %pb
  call void @__udivti3(ptr %po, ptr %pa, ptr %pb)
  %r = load i128, ptr %po
  ret i128 %r
}

define i128 @__sbpf_urem128(i128 %a, i128 %b) nounwind {
  %pa = alloca i128, align 16
  %pb = alloca i128, align 16
  %po = alloca i128, align 16
  %o = or i128 %a, %b
  %os = lshr i128 %o, 64
  %h = trunc i128 %os to i64
  %small = icmp eq i64 %h, 0
  br i1 %small, label %fast, label %slow
fast:
  %al = trunc i128 %a to i64
  %bl = trunc i128 %b to i64
  %q = urem i64 %al, %bl
  %qz = zext i64 %q to i128
  ret i128 %qz
slow:
  store i128 %a, ptr %pa
  store i128 %b, ptr %pb
  call void @__umodti3(ptr %po, ptr %pa, ptr %pb)
  %r = load i128, ptr %po
  ret i128 %r
}

; Signed division, by magnitudes.
define i128 @__sbpf_sdiv128(i128 %a, i128 %b) nounwind {
  %sa = ashr i128 %a, 127
  %sb = ashr i128 %b, 127
  %xa = xor i128 %a, %sa
  %xb = xor i128 %b, %sb
  %ua = sub i128 %xa, %sa
  %ub = sub i128 %xb, %sb
  %q = call i128 @__sbpf_udiv128(i128 %ua, i128 %ub)
  %s = xor i128 %sa, %sb
  %y = xor i128 %q, %s
  %r = sub i128 %y, %s
  ret i128 %r
}

define i128 @__sbpf_srem128(i128 %a, i128 %b) nounwind {
  %sa = ashr i128 %a, 127
  %sb = ashr i128 %b, 127
  %xa = xor i128 %a, %sa
  %xb = xor i128 %b, %sb
  %ua = sub i128 %xa, %sa
  %ub = sub i128 %xb, %sb
  %q = call i128 @__sbpf_urem128(i128 %ua, i128 %ub)
  %y = xor i128 %q, %sa
  %r = sub i128 %y, %sa
  ret i128 %r
}

; All 256 bits of a 128-bit product, to memory. LLVM makes 256-bit products of code that computes
; the high half of a 128-bit one. The four 64-bit products below are legalised in their turn.
define void @__sbpf_mulwide128(ptr %o, i128 %a, i128 %b) nounwind {
  %al = trunc i128 %a to i64
  %bl = trunc i128 %b to i64
  %as = lshr i128 %a, 64
  %bs = lshr i128 %b, 64
  %ah = trunc i128 %as to i64
  %bh = trunc i128 %bs to i64
  %alx = zext i64 %al to i128
  %blx = zext i64 %bl to i128
  %ahx = zext i64 %ah to i128
  %bhx = zext i64 %bh to i128
  %p0 = mul i128 %alx, %blx
  %p1 = mul i128 %alx, %bhx
  %p2 = mul i128 %ahx, %blx
  %p3 = mul i128 %ahx, %bhx
  %p0h = lshr i128 %p0, 64
  %p1l = and i128 %p1, 18446744073709551615
  %p2l = and i128 %p2, 18446744073709551615
  %t0 = add i128 %p0h, %p1l
  %t = add i128 %t0, %p2l
  %r0 = trunc i128 %p0 to i64
  %r1 = trunc i128 %t to i64
  %c = lshr i128 %t, 64
  %p1h = lshr i128 %p1, 64
  %p2h = lshr i128 %p2, 64
  %u0 = add i128 %p1h, %p2h
  %u1 = add i128 %u0, %c
  %u = add i128 %u1, %p3
  store i64 %r0, ptr %o, align 8
  %o1 = getelementptr i8, ptr %o, i64 8
  store i64 %r1, ptr %o1, align 8
  %o2 = getelementptr i8, ptr %o, i64 16
  store i128 %u, ptr %o2, align 8
  ret void
}
