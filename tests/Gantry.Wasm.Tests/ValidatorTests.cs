using System.Text;

namespace Gantry.Wasm.Tests;

/// <summary>Verdicts of the reader and validator against Wasmtime's and V8's, and reading against writing.</summary>
public sealed class ValidatorTests
{
    [Fact]
    public void Samples_get_the_same_verdict_from_wasmtime_node_and_us()
    {
        var binaries = new List<byte[]>();
        var wrong = new List<string>();
        foreach (string text in Samples.Valid.Concat(Samples.Invalid))
        {
            byte[] binary;
            try
            {
                binary = Oracle.Assemble(text);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(text, exception);
            }

            bool expected = Samples.Valid.Contains(text);
            bool ours = Oracle.Ours(binary, out string message);
            string? theirs = Oracle.Wasmtime(binary);
            if (ours != expected || theirs is null != expected) wrong.Add($"{text}\n  ours: {message}\n  wasmtime: {theirs}");
            binaries.Add(binary);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        bool[] node = Oracle.Node(binaries);
        for (int i = 0; i < binaries.Count; i++)
        {
            string text = i < Samples.Valid.Length ? Samples.Valid[i] : Samples.Invalid[i - Samples.Valid.Length];
            // V8 takes globals defined here in initialisers, as WasmGC does.
            if (text is Samples.ExtendedConstant or "(module (global i32 (i32.const 0)) (global i32 (global.get 0)))") continue;
            Assert.True(node[i] == (i < Samples.Valid.Length), $"Node says {node[i]}: {text}");
        }
    }

    [Fact]
    public void Reading_and_writing_gives_the_assemblers_bytes_back()
    {
        foreach (string text in Samples.Valid)
        {
            byte[] binary = Oracle.Assemble(text);
            Assert.Equal(binary, ModuleWriter.Write(ModuleReader.Read(binary)));
        }
    }

    [Fact]
    public void Code_rewritten_instruction_by_instruction_is_unchanged()
    {
        foreach (string text in Samples.Valid)
        {
            foreach (Function function in ModuleReader.Read(Oracle.Assemble(text)).Functions)
            {
                var copy = new CodeWriter();
                var reader = new InstructionReader(function.Code.Span);
                while (reader.Next())
                {
                    Assert.Equal(reader.Position, copy.Length);
                    copy.Op(reader.Opcode);
                    copy.Bytes(reader.ImmediateBytes);
                }

                Assert.Equal(function.Code.ToArray(), copy.ToArray());
            }
        }
    }

    [Fact]
    public void Names_survive_and_are_the_assemblers()
    {
        Module module = ModuleReader.Read(Oracle.Assemble(
            "(module $m (func $first (param $x i32) (local $y i64)) (func $\"second\u00e9\") (global $g i32 (i32.const 0)) (memory 1) (data $d \"\"))"));
        NameSection names = NameSection.Find(module)!;
        Assert.Equal("m", names.Module);
        Assert.Equal("first", names.Functions[0]);
        Assert.Equal("second\u00e9", names.Functions[1]);
        Assert.Equal(["x", "y"], names.Locals[0].Values);
        Assert.Equal("g", names.Globals[0]);
        Assert.Equal("d", names.Data[0]);
        Assert.Equal(module.CustomSections[0].Bytes.ToArray(), names.ToCustomSection().Bytes.ToArray());
    }

    [Theory]
    [InlineData("", "magic")]
    [InlineData("00 61 73 6D 02 00 00 00", "version")]
    [InlineData("00 61 73 6D 01 00 00 00 01 FF FF FF FF 07", "do not fit")]
    [InlineData("00 61 73 6D 01 00 00 00 01 80 80 80 80 80 00", "too long")]
    [InlineData("00 61 73 6D 01 00 00 00 01 80 80 80 80 10", "too large")]
    [InlineData("00 61 73 6D 01 00 00 00 01 05 FF FF FF FF 0F", "exceed")]
    [InlineData("00 61 73 6D 01 00 00 00 0D 00", "section id")]
    [InlineData("00 61 73 6D 01 00 00 00 03 01 00 01 01 00", "unexpected section")]
    [InlineData("00 61 73 6D 01 00 00 00 00 02 01 FF", "UTF-8")]
    [InlineData("00 61 73 6D 01 00 00 00 01 04 01 60 00 00 03 02 01 00", "inconsistent")]
    [InlineData("00 61 73 6D 01 00 00 00 0C 01 01", "inconsistent")]
    [InlineData("00 61 73 6D 01 00 00 00 05 03 01 03 01", "limits")]
    [InlineData("00 61 73 6D 01 00 00 00 01 02 00 00", "size mismatch")]
    [InlineData("00 61 73 6D 01 00 00 00 01 04 01 60 00 00 03 02 01 00 0A 0B 01 09 03 C0 84 3D 7F C0 84 3D 7E 0B", "too many locals")]
    public void Malformed_bytes_are_named_by_their_fault_and_refused_by_wasmtime(string hex, string fault)
    {
        byte[] binary = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.False(ModuleValidator.TryValidate(binary, out WasmException? error));
        Assert.Contains(fault, error!.Message, StringComparison.Ordinal);
        Assert.InRange(error.Offset, 0, binary.Length);
        Assert.NotNull(Oracle.Wasmtime(binary));
    }

    [Fact]
    public void Every_truncation_of_a_module_is_an_error_or_agrees_with_wasmtime()
    {
        foreach (string text in Samples.Valid)
        {
            byte[] binary = Oracle.Assemble(text);
            for (int length = 0; length < binary.Length; length++)
            {
                byte[] cut = binary[..length];
                Assert.Equal(Oracle.Wasmtime(cut) is null, Oracle.Ours(cut, out _));
            }
        }
    }

    [Fact]
    public void Numbers_in_every_length_are_read_as_written()
    {
        var writer = new CodeWriter();
        long[] values = [.. Enumerable.Range(0, 64).SelectMany(bit => new[] { 1L << bit, -(1L << bit), (1L << bit) - 1, ~(1L << bit) })];
        foreach (long value in values)
        {
            writer.S64(value);
            writer.S64((int)value);
            writer.U32((uint)value);
            writer.PaddedU32((uint)value);
        }

        writer.Name("\u00e9\ud83d\ude00");
        var reader = new ByteReader(writer.WrittenSpan);
        foreach (long value in values)
        {
            Assert.Equal(value, reader.S64());
            Assert.Equal((int)value, reader.S32());
            Assert.Equal((uint)value, reader.U32());
            Assert.Equal((uint)value, reader.U32());
        }

        Assert.Equal("\u00e9\ud83d\ude00", reader.Name());
        Assert.Equal(4 + 2 + 1, Encoding.UTF8.GetByteCount("\u00e9\ud83d\ude00") + 1);
        Assert.True(reader.AtEnd);
    }
}
