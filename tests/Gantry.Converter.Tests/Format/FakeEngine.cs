using Gantry.Wasm;

namespace Gantry.Converter.Tests.Format;

/// <summary>A module with the engine's exports and nothing behind them: for tests of the file format alone.</summary>
internal static class FakeEngine
{
    public const int OwnDataAddress = 1024;

    public static byte[] OwnData { get; } = "the engine's own data"u8.ToArray();

    public static byte[] Build()
    {
        var module = new Module();
        var nothing = module.TypeIndex([], []);
        var number = module.TypeIndex([], [ValType.I32]);
        var data = module.TypeIndex([ValType.I32, ValType.I32, ValType.I64, ValType.I32], [ValType.I32]);
        module.Imports.Add(Import.OfFunction("wasi_snapshot_preview1", "proc_exit", module.TypeIndex([ValType.I32], [])));
        module.Memories.Add(new Limits(2, 1000));
        Add("_start", nothing, _ => { });
        foreach (var name in new[] { "gantry_run", "gantry_mailbox", "gantry_machine", "gantry_restored" }) Add(name, number, code => code.I32Const(7));
        Add("gantry_module_data", data, code => code.I32Const(-1));
        module.Exports.Add(new Export("memory", ExternKind.Memory, 0));
        module.Data.Add(DataSegment.Active(OwnDataAddress, OwnData));
        module.CustomSections.Add(new CustomSection("producers", new byte[] { 0 }));
        return ModuleWriter.Write(module);

        void Add(string name, int type, Action<CodeWriter> body)
        {
            var code = new CodeWriter();
            body(code);
            code.End();
            module.Exports.Add(new Export(name, ExternKind.Function, module.ImportCount(ExternKind.Function) + module.Functions.Count));
            module.Functions.Add(new Function(type, [], code.ToArray()));
        }
    }
}
