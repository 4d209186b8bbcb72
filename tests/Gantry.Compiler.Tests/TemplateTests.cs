using System.Buffers.Binary;
using Gantry.Compiler.Harness;
using Gantry.Wasm;
using Wasmtime;

namespace Gantry.Compiler.Tests;

/// <summary>Methods marked <c>[WasmTemplate]</c>: what the compiler serializes, read as docs/compiler.md has the format and stitched into functions that run; each rule broken gives its error.</summary>
public sealed class TemplateTests
{
    private const string Holes = """
        using System; using Gantry; using System.Runtime.CompilerServices; using System.Runtime.Intrinsics;
        public static unsafe class Hole
        {
            [WasmImport("template", "1")] public static extern long A();
            [WasmImport("template", "2")] public static extern long B();
            [WasmImport("template", "255")] public static extern void Set(long value);
            [WasmSeldom] [WasmImport("template", "7")] public static extern void Leave();
            [WasmImport("template", "3")] public static extern long* Address();
        }
        """;

    private const string Good = Holes + """
        public static unsafe class Good
        {
            private static readonly int[] Unused = new int[1];
            [WasmTemplate] public static void Add() => Hole.Set(Hole.A() + Hole.B());
            [WasmTemplate] public static void Most()
            {
                long a = Hole.A(), b = Hole.B();
                if (a < b) { Hole.Set(b); return; }
                Hole.Set(a);
            }
            [WasmTemplate] public static void Power()
            {
                long result = 1, a = Hole.A();
                for (long i = Hole.B(); i > 0; i--) result *= a;
                Hole.Set(result);
            }
            [WasmTemplate] public static void Call() => Hole.Set(Twice(Hole.A()) - Hole.B());
            [WasmTemplate] public static void Exit()
            {
                for (long i = 0; ; i++)
                {
                    Hole.Set(i);
                    if (i == Hole.A()) Hole.Leave();
                }
            }
            [WasmTemplate] public static void Access()
            {
                Hole.Address()[300] = Hole.B();
                Hole.Set(Hole.Address()[300] + *(byte*)Hole.Address());
            }
            [WasmTemplate] public static void Estimate()
            {
                Vector128<double> a = Vector128.Create(BitConverter.Int64BitsToDouble(Hole.A())), b = Vector128.Create(BitConverter.Int64BitsToDouble(Hole.B()));
                Hole.Set(BitConverter.DoubleToInt64Bits(Vector128.MultiplyAddEstimate(a, b, Vector128.Create(-1.0)).ToScalar()));
            }
            [MethodImpl(MethodImplOptions.NoInlining)] private static long Twice(long a) => a * 2;

            [WasmExport("template")] public static int Template(int which) => (int)(nint)(which switch
            {
                0 => (delegate*<void>)&Add, 1 => (delegate*<void>)&Most, 2 => (delegate*<void>)&Power, 3 => (delegate*<void>)&Call, 4 => (delegate*<void>)&Access, 6 => (delegate*<void>)&Estimate, _ => (delegate*<void>)&Exit,
            });
        }
        """;

    [Fact]
    public void Templates_stitched_as_the_page_says_compute_what_their_source_does()
    {
        byte[] binary = Compile("Good", Good).Module ?? throw new InvalidOperationException("not compiled");
        using var engine = new Engine(new Config().WithSignalsBasedTraps(false));
        using var store = new Store(engine);
        using var linker = new Linker(engine);
        using var module = Wasmtime.Module.FromBytes(engine, "good", binary);
        var instance = linker.Instantiate(store, module);
        linker.Define("engine", "table", instance.GetTable("table")!);
        var memory = instance.GetMemory("memory")!;
        linker.Define("engine", "memory", memory);
        memory.WriteByte(Place, 7);
        int hints = 0;
        Func<long, long, long>[] right =
        [
            (a, b) => a + b, Math.Max, (a, b) => b <= 0 ? 1 : Enumerable.Repeat(a, (int)b).Aggregate(1L, (x, y) => unchecked(x * y)), (a, b) => (a * 2) - b, (_, b) => b + 7, (a, _) => a,
        ];
        for (int which = 0; which < right.Length; which++)
        {
            int address = instance.GetFunction<int, int>("template")!(which);
            byte[] bytes = Stitch(memory.GetSpan(address, 4096));
            hints += BranchHintSection.Read(ModuleReader.Read(bytes))[0].Count;
            using var stitched = Wasmtime.Module.FromBytes(engine, "stitched", bytes);
            var run = linker.Instantiate(store, stitched).GetFunction<long, long, long>("run")!;
            foreach (long a in new long[] { 0, 1, 3, 17, 40 })
            {
                foreach (long b in new long[] { 0, 1, 2, 9, 30 })
                    Assert.Equal((which, a, b, right[which](a, b)), (which, a, b, run(a, b)));
            }
        }

        // Exit's way to Leave, which says of itself that it is seldom gone.
        Assert.Equal(1, hints);

        // Rounded once or twice, and always the same.
        using var estimating = Wasmtime.Module.FromBytes(engine, "stitched", Stitch(memory.GetSpan(instance.GetFunction<int, int>("template")!(6), 4096)));
        var estimate = linker.Instantiate(store, estimating).GetFunction<long, long, long>("run")!;
        bool? once = null;
        for (int i = 1; i < 50; i++)
        {
            double a = 1 + Math.ScaleB(i, -40), b = 1 - Math.ScaleB(i, -40), result = BitConverter.Int64BitsToDouble(estimate(BitConverter.DoubleToInt64Bits(a), BitConverter.DoubleToInt64Bits(b)));
            double fused = Math.FusedMultiplyAdd(a, b, -1), twice = (a * b) - 1;
            Assert.NotEqual(fused, twice);
            once ??= result == fused;
            Assert.Equal(once.Value ? fused : twice, result);
        }
    }

    [Theory]
    [InlineData("[WasmTemplate] public static void T(int a) { }", "neither parameters nor a result")]
    [InlineData("[WasmTemplate] public static int T() => 3;", "neither parameters nor a result")]
    [InlineData("[WasmTemplate] public static void T() { long* p = stackalloc long[4]; p[Hole.A()] = 3; Hole.Set(p[Hole.B()]); }", "no stack frame")]
    [InlineData("[WasmTemplate] public static void T() { delegate*<long, long> f = Hole.A() == 0 ? &One : &Two; Hole.Set(f(3)); }", "calls methods by name")]
    [InlineData("public static void T() => Hole.Set(1);", "only templates have those")]
    public void A_broken_rule_is_an_error_at_its_place(string method, string text)
    {
        bool isTemplate = method.Contains("[WasmTemplate]", StringComparison.Ordinal);
        string signature = method.Contains("(int a)", StringComparison.Ordinal) ? "int, void" : method.Contains("static int", StringComparison.Ordinal) ? "int" : "void";
        string export = isTemplate ? $"(int)(nint)(delegate*<{signature}>)&T" : "a + Plain()";
        var result = Compile("Bad", Holes + $$"""
            public static unsafe class Bad
            {
                [MethodImpl(MethodImplOptions.NoInlining)] private static long One(long a) => a + 1;
                [MethodImpl(MethodImplOptions.NoInlining)] private static long Two(long a) => a + 2;
                private static int Plain() { {{(isTemplate ? "" : "T();")}} return 0; }
                {{method}}
                [WasmExport("go")] public static int Go(int a) => {{export}};
            }
            """);
        Assert.Null(result.Module);
        Assert.Contains(result.Diagnostics, diagnostic => diagnostic.Message.Contains(text, StringComparison.Ordinal) && diagnostic.Line > 0 && !diagnostic.IsInternal);
    }

    private static CompilationResult Compile(string name, string source)
    {
        string folder = Directory.CreateTempSubdirectory("gantry-template").FullName;
        try
        {
            return Compilation.Run(new CompilationOptions { Input = CompilerDriver.CompileSource(folder, name, true, source) });
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    // Where hole 3 points to is half in the address, half in the offset of what is accessed there: in the first page, which is nobody's.
    private const int Place = 4096, PlaceOffset = 1024;

    // A module with (a, b) -> result: holes 1 and 2 push the parameters, 255 pops into a local, 7 leaves, 3 is an address. Written from docs/compiler.md, not from the engine's stitcher.
    private static byte[] Stitch(ReadOnlySpan<byte> template)
    {
        const byte block = 0x02, end = 0x0B, br = 0x0C, callIndirect = 0x11, localGet = 0x20, localSet = 0x21, i32Const = 0x41, noResult = 0x40, result = 2;
        var types = new List<byte[]> { new byte[] { 0x60, 2, 0x7E, 0x7E, 1, 0x7E } };
        var body = new CodeWriter();
        bool returns = template[0] == 1;
        int at = 2 + template[1];
        body.U32((uint)template[1] + 1);
        body.Bytes([1, 0x7E]);
        foreach (byte type in template[2..at])
            body.Bytes([1, type]);
        int locals = body.Length;
        var hints = new List<BranchHint>();
        body.Bytes([block, noResult]); // where hole 7 goes
        if (returns)
            body.Bytes([block, noResult]);
        while (template[at] != 0)
        {
            switch (template[at])
            {
                case 1:
                    body.Bytes(template.Slice(at + 2, template[at + 1]));
                    at += 2 + template[at + 1];
                    break;
                case 2:
                    switch (template[at + 1])
                    {
                        case 1: body.Bytes([localGet, 0]); break;
                        case 2: body.Bytes([localGet, 1]); break;
                        case 3: body.I32Const(Place - PlaceOffset); break;
                        case 255: body.Bytes([localSet, result]); break;
                        case 7: body.Bytes([br, (byte)(template[at + 2] + (returns ? 1 : 0))]); break;
                        default: Assert.Fail($"hole {template[at + 1]}"); break;
                    }

                    at += 3;
                    break;
                case 3:
                    body.Byte(template[at + 1]);
                    body.U32((uint)template[at + 2] + result + 1);
                    at += 3;
                    break;
                case 4:
                    int parameters = template[at + 1], results = template[at + 2 + parameters];
                    types.Add([0x60, .. template.Slice(at + 1, parameters + results + 2)]);
                    body.Bytes([callIndirect, (byte)(types.Count - 1), 0]);
                    at += 3 + parameters + results;
                    break;
                case 5:
                    body.Byte(i32Const);
                    body.S64(BinaryPrimitives.ReadInt32LittleEndian(template[(at + 1)..]));
                    at += 5;
                    break;
                case 6:
                    hints.Add(new BranchHint(body.Length - locals, template[at + 1] == 1));
                    at += 2;
                    break;
                case 7:
                    body.Bytes(template.Slice(at + 1, 2));
                    body.U32(BinaryPrimitives.ReadUInt32LittleEndian(template[(at + 4)..]) + (template[at + 3] == 3 ? PlaceOffset : 0u));
                    at += 8;
                    break;
                default:
                    Assert.Fail($"item {template[at]}");
                    break;
            }
        }

        if (returns)
            body.Byte(end);
        body.Bytes([end, localGet, result, end]);
        var module = new CodeWriter();
        module.Bytes([0, 0x61, 0x73, 0x6D, 1, 0, 0, 0]);
        Section(module, 1, [(byte)types.Count, .. types.SelectMany(type => type)]);
        Section(module, 2, [2, 6, .. "engine"u8, 5, .. "table"u8, 1, 0x70, 0, 0, 6, .. "engine"u8, 6, .. "memory"u8, 2, 0, 0]);
        Section(module, 3, [1, 0]);
        Section(module, 7, [1, 3, .. "run"u8, 0, 0]);
        if (hints.Count > 0)
        {
            var section = new CodeWriter();
            section.Name(BranchHintSection.SectionName);
            section.Bytes([1, 0, (byte)hints.Count]);
            foreach (var hint in hints)
            {
                section.U32((uint)(hint.Offset + locals));
                section.Bytes([1, hint.IsTaken ? (byte)1 : (byte)0]);
            }

            Section(module, 0, section.WrittenSpan);
        }

        var code = new CodeWriter();
        code.Byte(1);
        code.ByteVector(body.WrittenSpan);
        Section(module, 10, code.WrittenSpan);
        return module.ToArray();
    }

    private static void Section(CodeWriter module, byte id, ReadOnlySpan<byte> bytes)
    {
        module.Byte(id);
        module.ByteVector(bytes);
    }
}
