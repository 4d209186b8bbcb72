namespace Gantry.Wasm.Tests;

/// <summary>Modules in text form, and whether core 2.0 with tail calls allows them. Assembled by Wasmtime's assembler.</summary>
internal static class Samples
{
    /// <summary>An extended constant expression, which the V8 of Node 20 does not know yet.</summary>
    public const string ExtendedConstant =
        """(module (import "a" "g" (global i32)) (global i32 (i32.add (global.get 0) (i32.mul (i32.const 7) (i32.const 3)))))""";

    /// <summary>Valid modules, made to use all sections and forms between them; also the seeds of the fuzzer.</summary>
    public static readonly string[] Valid =
    [
        "(module)",
        ExtendedConstant,
        """
        (module
          (type $b (func (param i32 i32) (result i32)))
          (import "a" "f" (func $f (param i64) (result f32 f64)))
          (import "a" "g" (global $g i32))
          (import "a" "gm" (global $gm (mut i64)))
          (import "a" "t" (table $t 1 10 funcref))
          (import "a" "m" (memory 1 3))
          (table $x 2 externref)
          (global $h (mut f64) (f64.const nan:0x123))
          (global funcref (ref.func $f))
          (global $v v128 (v128.const i32x4 1 2 3 4))
          (global i32 (global.get $g))
          (export "e" (func $k)) (export "m" (memory 0)) (export "t" (table $x)) (export "" (global $h))
          (start $s)
          (elem (i32.const 0) func $f $k)
          (elem $p func $s)
          (elem $q funcref (ref.null func) (ref.func $k))
          (elem declare func $s)
          (elem (global.get $g) funcref (ref.func $f))
          (elem $r externref (ref.null extern))
          (elem (table $x) (i32.const 1) externref (ref.null extern))
          (data (i32.const 0) "hello") (data $d "passive") (data (global.get $g) "")
          (func $s)
          (func $k (type $b) (local i32 i64 i64 f32 v128 funcref externref)
            (block (result i32)
              (block (loop (br_if 0 (local.get 0)) (br_table 0 1 0 (local.get 1))))
              unreachable)
            (if (param i32) (result i32) (local.get 1) (then (i32.add (i32.const 1))) (else drop (i32.const -5)))
            (return_call_indirect $t (type $b) (local.get 0) (i32.const 1)))
          (func (param f32 f64) (result f64 f32)
            (local.get 1) (local.get 0)
            (block (param f64 f32) (result f64 f32) (br 0)))
          (func (param i64) (result f32 f64) (return_call $f (local.get 0)))
          (func (param externref) (result externref)
            (table.set $x (i32.const 0) (local.get 0))
            (drop (table.grow $x (ref.null extern) (i32.const 2)))
            (table.fill $x (i32.const 0) (table.get $x (i32.const 1)) (i32.const 1))
            (table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 0))
            (table.init $t $p (i32.const 0) (i32.const 0) (i32.const 0))
            (elem.drop $q)
            (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop $d)
            (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))
            (memory.fill (i32.const 0) (i32.const 0) (memory.grow (memory.size)))
            (select (result externref) (local.get 0) (table.get $x (table.size $x)) (ref.is_null (ref.func $s)))))
        """,
        """
        (module
          (memory 1)
          (func (param v128 i32) (result v128)
            (v128.bitselect (local.get 0) (v128.load offset=4 align=8 (local.get 1)) (i8x16.splat (local.get 1)))
            (i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 (i32x4.add (local.get 0) (local.get 0)))
            (v128.store16_lane offset=2 3 (local.get 1) (local.get 0))
            (i16x8.replace_lane 7 (i32.trunc_sat_f32_s (f32x4.extract_lane 3 (local.get 0)))))
          (func (result i64)
            (i64.extend8_s (i64.load32_u align=2 (i32.const -1)))
            (loop (result i64) (i64.const 0x8000000000000000) (br_if 0 (i32.const 0)))
            (i64.rotl)
            (select (i64.const -1) (i32.const 1)))
          (func (loop (loop (block (br_table 0 1 2 3 (i32.const 0))))) (return))
          (func (unreachable) (i32.add) (drop) (select) (drop) (f32.const 1) (drop) (br 0) (i64.store))
          (func (local f32 f64) (local.set 0 (f32.demote_f64 (local.tee 1 (f64.sqrt (f64.const -0)))))))
        """,
        """
        (module (table 0 funcref) (func $f (param i32) (result i32)
          (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
            (else (i32.mul (local.get 0) (call $f (i32.sub (local.get 0) (i32.const 1))))))))
        """,
    ];

    /// <summary>Modules that parse but are not valid.</summary>
    public static readonly string[] Invalid =
    [
        "(module (func (result i32)))",
        "(module (func (i32.const 1)))",
        "(module (func (drop)))",
        "(module (func (result i32) (i64.const 1)))",
        "(module (func (param i32) (i64.eqz (local.get 0)) drop))",
        "(module (func (local.get 0) drop))",
        "(module (func (global.get 0) drop))",
        "(module (global i32 (i32.const 1)) (func (global.set 0 (i32.const 1))))",
        "(module (func (call 1)))",
        "(module (func (br 1)))",
        "(module (func (block (br 2))))",
        "(module (func (block (result i32) (br 0))  drop))",
        "(module (func (block (result i32) (block (result i64) (br_table 0 1 (i32.const 0) (i32.const 0))) drop) drop))",
        "(module (func (block (block (result i32) (br_table 0 1 (i32.const 0) (i32.const 0))) drop)))",
        "(module (func (if (result i32) (i32.const 1) (then (i32.const 1))) drop))",
        "(module (func (loop (param i32)) ))",
        "(module (func (i32.load (i32.const 0)) drop))",
        "(module (memory 1) (func (i32.load align=8 (i32.const 0)) drop))",
        "(module (memory 0) (memory 0))",
        "(module (memory 70000))",
        "(module (memory 1 70000))",
        "(module (memory 2 1))",
        "(module (table 2 1 funcref))",
        "(module (func (call_indirect (i32.const 0))))",
        "(module (table 1 externref) (func (call_indirect (i32.const 0))))",
        "(module (func $f) (func (ref.func $f) drop))",
        "(module (func (param i32)) (start 0))",
        "(module (start 0))",
        "(module (func) (export \"a\" (func 0)) (export \"a\" (func 0)))",
        "(module (export \"a\" (func 0)))",
        "(module (export \"a\" (memory 0)))",
        "(module (global i32 (i64.const 0)))",
        "(module (global i32 (i32.const 0) (i32.const 0)))",
        "(module (global i32 (i32.add (i32.const 0))))",
        "(module (global i32 (i32.ctz (i32.const 0))))",
        "(module (global i32))",
        "(module (import \"a\" \"b\" (global (mut i32))) (global i32 (global.get 0)))",
        "(module (global i32 (i32.const 0)) (global i32 (global.get 0)))",
        "(module (elem (i32.const 0) func))",
        "(module (table 1 externref) (func) (elem (i32.const 0) func 0))",
        "(module (table 1 funcref) (elem (i64.const 0) func))",
        "(module (table 1 funcref) (elem (i32.const 0) func 0))",
        "(module (data (i32.const 0) \"\"))",
        "(module (memory 1) (data (f32.const 0) \"\"))",
        "(module (memory 1) (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))))",
        "(module (func (data.drop 0)))",
        "(module (func (elem.drop 0)))",
        "(module (table 1 funcref) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))))",
        "(module (table 1 funcref) (table 1 externref) (func (table.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 0))))",
        "(module (table 1 funcref) (func (table.set 0 (i32.const 0) (ref.null extern))))",
        "(module (func (ref.is_null (i32.const 0)) drop))",
        "(module (func (param funcref) (select (local.get 0) (local.get 0) (i32.const 0)) drop))",
        "(module (func (select (i64.const 0) (i32.const 0) (i32.const 0)) drop))",
        "(module (func (select (result i32 i32) (i32.const 0) (i32.const 0) (i32.const 0)) drop))",
        "(module (func $f (result i32) (i32.const 0)) (func (return_call $f)))",
        "(module (func $f (param i32)) (func (return_call $f)))",
        "(module (func (unreachable) (i64.const 1) (i32.add) (drop)))",
        "(module (func (result i32) (unreachable) (i32.const 1) (i32.const 1)))",
        "(module (func (v128.const i64x2 0 0) (i8x16.extract_lane_s 16) drop))",
        "(module (type (func (param i32))) (func (type 0) (block (type 3))))",
    ];
}
