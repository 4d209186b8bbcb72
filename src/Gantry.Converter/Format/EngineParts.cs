using System.Security.Cryptography;
using Gantry.Wasm;

namespace Gantry.Converter.Format;

/// <summary>Makes the engine's sections of an out.wasm from the engine module as compiled.</summary>
public static class EngineParts
{
    private const string ModuleDataExport = "gantry_module_data";
    private static readonly string[] RequiredExports = ["memory", "_start", "gantry_run", "gantry_mailbox", "gantry_machine", "gantry_restored", ModuleDataExport];

    /// <summary>Number of data segments before the snapshot's: config, kernel, initrd.</summary>
    public const int LeadingSegments = 3;

    /// <summary>Digest of the engine module, lower-case hex.</summary>
    public static string SourceDigest(ReadOnlySpan<byte> engine) => Convert.ToHexStringLower(SHA256.HashData(engine));

    /// <summary>The sections from type to code: one contiguous piece of a module.</summary>
    /// <param name="engine">The engine module.</param>
    /// <param name="segments">Data segments of the file in all, N.</param>
    /// <param name="memoryPages">Minimum size of the memory in pages of 64 KiB; 0 leaves the engine's own.</param>
    /// <param name="pages">The minimum written.</param>
    /// <exception cref="ConverterException">This is no Gantry engine.</exception>
    public static byte[] Build(ReadOnlyMemory<byte> engine, int segments, uint memoryPages, out uint pages)
    {
        Module module;
        try
        {
            module = ModuleReader.Read(engine);
        }
        catch (WasmException exception)
        {
            throw new ConverterException($"the engine is no WebAssembly module: {exception.Message}", exception);
        }

        foreach (var name in RequiredExports)
        {
            if (!module.Exports.Exists(export => export.Name == name))
                throw new ConverterException($"the engine lacks the export {name}: build it again (eng/build.sh)");
        }

        if (module.Memories.Count != 1)
            throw new ConverterException("the engine must define its one memory");
        if (memoryPages != 0)
            module.Memories[0] = module.Memories[0] with { Minimum = memoryPages };
        pages = module.Memories[0].Minimum;
        ReplaceModuleData(module, segments);
        // Its own data is part of the snapshot, or comes back as segments that the caller writes.
        module.Data.Clear();
        for (var i = 0; i < segments; i++) module.Data.Add(new DataSegment(SegmentMode.Passive, default));
        module.HasDataCount = true;
        module.CustomSections.RemoveAll(section => section.Name != BranchHintSection.SectionName);
        return CutBeforeData(ModuleWriter.Write(module));
    }

    /// <summary>The active data segments of the engine itself, which a module without a snapshot needs.</summary>
    public static IReadOnlyList<MemorySegment> OwnData(ReadOnlyMemory<byte> engine)
    {
        var result = new List<MemorySegment>();
        foreach (var segment in ModuleReader.Read(engine).Data)
        {
            var code = segment.Offset.Code.Span;
            if (segment.Mode != SegmentMode.Active || code.Length < 3 || code[0] != 0x41)
                throw new ConverterException("the engine has a data segment that is not at a constant address");
            result.Add(new MemorySegment(Leb128.ReadSigned(code[1..]), segment.Bytes));
        }

        return result;
    }

    // if segment == i: memory.init i (destination, offset, length); length
    private static void ReplaceModuleData(Module module, int segments)
    {
        var export = module.Exports.Find(candidate => candidate.Name == ModuleDataExport)!;
        var index = export.Index - module.ImportCount(ExternKind.Function);
        var function = module.Functions[index];
        var type = module.Types[function.TypeIndex];
        if (!type.Equals(new FuncType([ValType.I32, ValType.I32, ValType.I64, ValType.I32], [ValType.I32])))
            throw new ConverterException($"the engine's {ModuleDataExport} has the type {type}");
        var code = new CodeWriter();
        for (var source = 0; source <= LeadingSegments; source++)
        {
            code.LocalGet(0);
            code.I32Const(source);
            code.Op(Opcode.I32Eq);
            code.If(BlockType.Empty);
            code.LocalGet(1);
            code.LocalGet(2);
            code.Op(Opcode.I32WrapI64);
            code.LocalGet(3);
            code.MemoryInit(source < LeadingSegments ? source : segments - 1);
            code.LocalGet(3);
            code.Return();
            code.End();
        }

        code.I32Const(-1);
        code.End();
        module.Functions[index] = new Function(function.TypeIndex, [], code.ToArray());
    }

    private static byte[] CutBeforeData(byte[] module)
    {
        const int headerSize = 8;
        var at = headerSize;
        while (at < module.Length && module[at] != (byte)SectionId.Data)
        {
            var size = Leb128.ReadUnsigned(module.AsSpan(at + 1), out var count);
            at += 1 + count + checked((int)size);
        }

        return module[headerSize..at];
    }
}
