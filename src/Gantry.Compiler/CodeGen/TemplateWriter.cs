using System.Buffers.Binary;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>
/// Serializes the body of a method marked <c>[WasmTemplate]</c>: WebAssembly code with the places marked that whoever stitches it must fill
/// (docs/compiler.md, "Templates", has the format).
/// </summary>
internal sealed class TemplateWriter(Action<CodeWriter, Out> encode, Func<MethodDesc, int> tableIndex, Func<MethodDesc, FuncType> typeOf)
{
    private const byte End = 0, Code = 1, Hole = 2, Local = 3, Call = 4, Address = 5, Hint = 6, Access = 7;
    private const int MaxRun = 255, MaxHole = 255, MaxLocals = 255;

    private readonly CodeWriter _result = new();
    private readonly CodeWriter _run = new();
    private readonly List<(int Offset, DataSymbol Target, int Addend)> _relocations = [];

    /// <summary>The number of the hole a method stands for, or null when it is not one.</summary>
    public static int? HoleOf(MethodDesc method) =>
        method.AttributeStrings("Gantry.WasmImportAttribute") is ["template", var number] && int.TryParse(number, out var hole) && hole is >= 0 and <= MaxHole ? hole : null;

    /// <summary>Fills the symbol; a sentence about what is wrong, or null.</summary>
    public string? Write(DataSymbol symbol, IReadOnlyList<Out> code, IReadOnlyList<ValType> locals, FuncType type)
    {
        if (type.Results.Length > 0 || type.Parameters.Length > 0)
            return "a template has neither parameters nor a result: what it reads and makes goes through holes";
        if (locals.Count > MaxLocals)
            return "a template has at most 255 local variables";
        var returns = code.Any(c => c.Code == Opcode.Return);
        _result.Byte(returns ? (byte)1 : (byte)0);
        _result.Byte((byte)locals.Count);
        foreach (var local in locals)
            _result.Byte((byte)local);
        var depth = 0;
        // The function's own end is not part of it.
        for (var i = 0; i < code.Count - 1; i++)
        {
            if (WriteOne(code[i], ref depth) is { } problem)
                return problem;
        }

        Flush();
        _result.Byte(End);
        symbol.Bytes = _result.ToArray();
        symbol.Relocations.AddRange(_relocations);
        return null;
    }

    private string? WriteOne(in Out instr, ref int depth)
    {
        switch (instr.Code)
        {
            case Opcode.Block or Opcode.Loop or Opcode.If:
                depth++;
                break;
            case Opcode.End:
                depth--;
                break;
            case Opcode.Return:
                // The stitcher wraps the template in a block.
                Literal(new Out { Code = Opcode.Br, Imm = depth });
                return null;
            case Opcode.GlobalGet or Opcode.GlobalSet:
                return "a template has no stack frame: no stackalloc, no variable whose address is taken and kept";
            case Opcode.ReturnCall or Opcode.ReturnCallIndirect or Opcode.CallIndirect:
                return "a template calls methods by name, and not in tail position";
            case Opcode.LocalGet or Opcode.LocalSet or Opcode.LocalTee:
                Flush();
                _result.Byte(Local);
                _result.Byte((byte)instr.Code);
                _result.Byte((byte)instr.Imm);
                return null;
            case Opcode.Call when instr.Aux == ModuleBuilder.TrapFunction:
                // What traps here has no message: templates guard what they divide by.
                Literal(new Out { Code = Opcode.Drop });
                return null;
            case Opcode.Call:
                WriteCall((MethodDesc)instr.Aux!, depth);
                return null;
            case Opcode.I32Const when instr.Aux is DataSymbol target:
                Flush();
                _result.Byte(Address);
                _relocations.Add((_result.Length, target, (int)instr.Imm));
                _result.Append(4).Clear();
                return null;
        }

        if (instr.Aux is MethodDesc address && OpcodeTable.Find(instr.Code)!.Immediate == Immediate.Memory)
            return WriteAccess(instr, HoleOf(address)!.Value);
        if (instr.Taken is { } taken)
        {
            Flush();
            _result.Byte(Hint);
            _result.Byte(taken ? (byte)1 : (byte)0);
        }

        if (instr.Aux is DataSymbol)
            return "a template reaches static data only by its address";
        Literal(instr);
        return null;
    }

    private void WriteCall(MethodDesc method, int depth)
    {
        if (HoleOf(method) is { } hole)
        {
            Flush();
            _result.Byte(Hole);
            _result.Byte((byte)hole);
            _result.Byte((byte)depth);
            return;
        }

        Literal(new Out { Code = Opcode.I32Const, Imm = tableIndex(method) });
        Flush();
        var type = typeOf(method);
        _result.Byte(Call);
        WriteTypes(type.Parameters);
        WriteTypes(type.Results);
    }

    private string? WriteAccess(in Out instr, int hole)
    {
        Flush();
        var code = new CodeWriter();
        code.Access(instr.Code, 0);
        if (code.Length != 3)
            return "a template's load or store at a hole's address has an opcode of one byte";
        _result.Byte(Access);
        _result.Bytes(code.WrittenSpan[..2]);
        _result.Byte((byte)hole);
        BinaryPrimitives.WriteUInt32LittleEndian(_result.Append(4), (uint)instr.Imm);
        return null;
    }

    private void WriteTypes(ReadOnlySpan<ValType> types)
    {
        _result.Byte((byte)types.Length);
        foreach (var type in types)
            _result.Byte((byte)type);
    }

    private void Literal(in Out instr)
    {
        var before = _run.Length;
        encode(_run, instr);
        if (_run.Length <= MaxRun)
            return;
        var last = _run.WrittenSpan[before..].ToArray();
        _run.Truncate(before);
        Flush();
        _run.Bytes(last);
    }

    private void Flush()
    {
        if (_run.Length == 0)
            return;
        _result.Byte(Code);
        _result.Byte((byte)_run.Length);
        _result.Bytes(_run.WrittenSpan);
        _run.Clear();
    }
}
