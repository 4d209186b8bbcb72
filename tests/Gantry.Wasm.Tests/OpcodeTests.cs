namespace Gantry.Wasm.Tests;

/// <summary>The opcode table against Wasmtime: which opcodes exist, and what each pops and pushes.</summary>
public sealed class OpcodeTests
{
    private static readonly ValType[] AllTypes =
        [ValType.I32, ValType.I64, ValType.F32, ValType.F64, ValType.V128, ValType.FuncRef, ValType.ExternRef];

    [Fact]
    public void Exactly_the_opcodes_wasmtime_knows_are_known()
    {
        var wrong = new List<string>();
        for (int prefix = 0; prefix < 3; prefix++)
        {
            for (int sub = 0; sub < (prefix == 0 ? 256 : 400); sub++)
            {
                if (prefix == 0 && sub is 0xFC or 0xFD) continue;
                var code = new CodeWriter();
                code.Unreachable();
                if (prefix == 0) code.Byte((byte)sub);
                else
                {
                    code.Byte((byte)(0xFB + prefix));
                    code.U32((uint)sub);
                }

                // What follows stands for any immediates; only "there is no such instruction" is compared.
                code.Bytes(new byte[20]);
                code.End();
                string ours = Oracle.Ours(ModuleWriter.Write(Around(code, [], [])), out string message) ? "valid" : message;
                string theirs = Oracle.Wasmtime(ModuleWriter.Write(Around(code, [], []))) ?? "valid";
                bool unknownToUs = ours.Contains("illegal opcode", StringComparison.Ordinal);
                bool unknownToThem = theirs.Contains("illegal opcode", StringComparison.Ordinal) || theirs.Contains("unknown 0x", StringComparison.Ordinal)
                    || theirs.Contains("support is not enabled", StringComparison.Ordinal) || theirs.Contains("proposal is not", StringComparison.Ordinal)
                    || theirs.Contains("unexpected opcode", StringComparison.Ordinal) || theirs.Contains("invalid leading byte", StringComparison.Ordinal)
                    || theirs.Contains("legacy", StringComparison.OrdinalIgnoreCase);
                if (unknownToUs != unknownToThem) wrong.Add($"{prefix}:0x{sub:x}: ours '{ours}', theirs '{theirs}'");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Every_simple_instruction_has_the_operand_and_result_types_wasmtime_demands()
    {
        var wrong = new List<string>();
        int cases = 0;
        foreach (OpcodeInfo info in OpcodeTable.All)
        {
            if (info.Type is null) continue;
            Compare(info, info.Type.Parameters, info.Type.Results, true);
            for (int i = 0; i < info.Type.Parameters.Length; i++)
            {
                foreach (ValType type in AllTypes)
                {
                    if (type == info.Type.Parameters[i]) continue;
                    ValType[] parameters = info.Type.Parameters.ToArray();
                    parameters[i] = type;
                    Compare(info, parameters, info.Type.Results, false);
                }
            }

            if (info.Type.Results.IsEmpty) continue;
            foreach (ValType type in AllTypes)
            {
                if (type != info.Type.Results[0]) Compare(info, info.Type.Parameters, [type], false);
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(cases > 5000, $"{cases} cases");

        void Compare(OpcodeInfo info, ReadOnlySpan<ValType> parameters, ReadOnlySpan<ValType> results, bool expected)
        {
            cases++;
            var code = new CodeWriter();
            for (int i = 0; i < parameters.Length; i++) code.LocalGet(i);
            Instruction(code, info);
            code.End();
            byte[] binary = ModuleWriter.Write(Around(code, parameters, results));
            bool ours = Oracle.Ours(binary, out string message);
            string? theirs = Oracle.Wasmtime(binary);
            if (ours != expected || theirs is null != expected) wrong.Add($"{info.Name} {new FuncType(parameters, results)}: ours '{message}', theirs '{theirs}'");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_immediates_limits_are_wasmtimes(bool exceeds)
    {
        foreach (OpcodeInfo info in OpcodeTable.All)
        {
            bool memory = info.Immediate is Immediate.Memory or Immediate.MemoryLane;
            bool lane = info.Immediate is Immediate.Lane or Immediate.MemoryLane;
            foreach (bool which in new[] { true, false })
            {
                if (which ? !memory : !lane) continue;
                var code = new CodeWriter();
                for (int i = 0; i < info.Type!.Parameters.Length; i++) code.LocalGet(i);
                code.Op(info.Opcode);
                if (memory)
                {
                    code.U32((uint)info.NaturalAlignment + (exceeds && which ? 1u : 0));
                    code.U32(uint.MaxValue);
                }

                if (lane) code.Byte((byte)(info.Lanes - 1 + (exceeds && !which ? 1 : 0)));
                code.End();
                byte[] binary = ModuleWriter.Write(Around(code, info.Type.Parameters, info.Type.Results));
                Assert.Equal(!exceeds, Oracle.Ours(binary, out string message));
                Assert.True(Oracle.Wasmtime(binary) is null == !exceeds, $"{info.Name}: {message}");
            }
        }
    }

    [Fact]
    public void An_enum_member_stands_for_each_row()
    {
        Assert.Equal(Enum.GetValues<Opcode>().Order(), OpcodeTable.All.Select(info => info.Opcode).Order());
    }

    private static void Instruction(CodeWriter code, OpcodeInfo info)
    {
        code.Op(info.Opcode);
        switch (info.Immediate)
        {
            case Immediate.None: break;
            case Immediate.F32: code.F32(1); break;
            case Immediate.F64: code.F64(1); break;
            case Immediate.V128 or Immediate.Shuffle: code.Bytes(new byte[16]); break;
            case Immediate.Memory or Immediate.MemoryInit or Immediate.MemoryCopy or Immediate.TableInit or Immediate.TableCopy:
                code.Bytes([0, 0]);
                break;
            case Immediate.MemoryLane: code.Bytes([0, 0, 0]); break;
            default: code.Byte(0); break;
        }
    }

    private static Module Around(CodeWriter code, ReadOnlySpan<ValType> parameters, ReadOnlySpan<ValType> results)
    {
        var module = new Module { HasDataCount = true };
        module.Functions.Add(new Function(module.TypeIndex(parameters, results), [], code.ToArray()));
        module.Memories.Add(new Limits(1));
        module.Tables.Add(new TableType(ValType.FuncRef, new Limits(1)));
        module.Elements.Add(new ElementSegment(SegmentMode.Passive, ValType.FuncRef) { Functions = [0] });
        module.Data.Add(new DataSegment(SegmentMode.Passive, default));
        return module;
    }
}
