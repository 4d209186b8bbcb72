using System.Globalization;
using Wasmtime;

namespace Gantry.Wasm.Tests;

/// <summary>What the writer writes, a real runtime loads and runs.</summary>
public sealed class WriterTests
{
    [Fact]
    public void A_module_with_every_section_runs()
    {
        var module = new Module { HasDataCount = true };
        int binary = module.TypeIndex([ValType.I32, ValType.I32], [ValType.I32]);
        int nothing = module.TypeIndex([], []);
        module.Imports.Add(Import.OfFunction("host", "add", binary));
        module.Tables.Add(new TableType(ValType.FuncRef, new Limits(4, 4)));
        module.Memories.Add(new Limits(1, 2));
        module.Globals.Add(new Global(new GlobalType(ValType.I64, true), ConstExpr.I64(-5)));
        var code = new CodeWriter();
        code.LocalGet(0);
        code.Access(Opcode.I32Load, 4);
        code.LocalGet(1);
        code.I32Const(1);
        code.ReturnCallIndirect(binary);
        code.End();
        module.Functions.Add(new Function(binary, [new LocalGroup(2, ValType.V128)], code.ToArray()));
        code.Clear();
        code.I64Const(long.MinValue);
        code.GlobalSet(0);
        code.I32Const(8);
        code.I32Const(0);
        code.I32Const(4);
        code.MemoryInit(1);
        code.End();
        module.Functions.Add(new Function(nothing, [], code.ToArray()));
        module.Exports.Add(new Export("run", ExternKind.Function, 1));
        module.Exports.Add(new Export("global", ExternKind.Global, 0));
        module.Start = 2;
        module.Elements.Add(ElementSegment.ActiveFunctions(1, [0]));
        module.Data.Add(DataSegment.Active(4, new byte[] { 1, 2, 3, 4 }));
        module.Data.Add(new DataSegment(SegmentMode.Passive, new byte[] { 40, 0, 0, 0 }));
        module.CustomSections.Add(new CustomSection("note", "hello"u8.ToArray(), SectionId.Custom));
        module.CustomSections.Add(new NameSection { Module = "m", Functions = { [0] = "add", [1] = "run" } }.ToCustomSection());

        using var engine = new Engine();
        using var loaded = Wasmtime.Module.FromBytes(engine, "test", ModuleWriter.Write(module));
        using var linker = new Linker(engine);
        using var store = new Store(engine);
        linker.DefineFunction("host", "add", (int a, int b) => a + b);
        Instance instance = linker.Instantiate(store, loaded);
        Assert.Equal(42, instance.GetFunction<int, int, int>("run")!(4, 2));
        Assert.Equal(0x04030201 + 1, instance.GetFunction<int, int, int>("run")!(0, 1));
        Assert.Equal(long.MinValue.ToString(CultureInfo.InvariantCulture), instance.GetGlobal("global")!.GetValue()!.ToString());
    }

    [Fact]
    public void Hints_are_at_branches_and_read_as_they_were_written()
    {
        var module = new Module();
        int type = module.TypeIndex([ValType.I32], []);
        module.Imports.Add(Import.OfFunction("host", "none", type));
        for (int i = 0; i < 3; i++)
        {
            var code = new CodeWriter();
            code.LocalGet(0);
            code.Op(Opcode.If, BlockType.Empty);
            code.LocalGet(0);
            code.Bytes([0x0D, 0]);
            code.End();
            code.End();
            module.Functions.Add(new Function(type, [new LocalGroup(300, ValType.I64)], code.ToArray()));
        }

        // Code: local.get 0 (0), if (2), local.get 0 (4), br_if 0 (6).
        IReadOnlyList<IReadOnlyList<BranchHint>> hints = [[], [new(2, false), new(6, true)], []];
        module.CustomSections.Add(BranchHintSection.Write(module, hints));
        var read = ModuleReader.Read(ModuleWriter.Write(module));
        Assert.Equal(hints, BranchHintSection.Read(read));
        using var engine = new Engine();
        Wasmtime.Module.FromBytes(engine, "hinted", ModuleWriter.Write(module)).Dispose();

        // All that is malformed is told, whatever it is.
        byte[] content = module.CustomSections[0].Bytes.ToArray();
        var random = new Random(8);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bad = [.. content];
            for (int changes = random.Next(1, 3); changes > 0; changes--) bad[random.Next(bad.Length)] = (byte)random.Next(256);
            if (i % 3 == 0) bad = bad[..random.Next(bad.Length)];
            read.CustomSections[0] = new CustomSection(BranchHintSection.SectionName, bad, SectionId.DataCount);
            try
            {
                foreach (var hint in BranchHintSection.Read(read)[1]) Assert.Contains(hint.Offset, (int[])[2, 6]);
            }
            catch (WasmException)
            {
                continue;
            }
        }

        module.CustomSections[0] = BranchHintSection.Write(module, [[], [new(4, false)], []]);
        Assert.Contains("not at a branch", Assert.Throws<WasmException>(() => BranchHintSection.Read(module)).Message, StringComparison.Ordinal);
    }
}
