namespace Gantry.Wasm.Tests;

/// <summary>Mutated modules: nothing but <see cref="WasmException"/> may come out, and verdicts agree with Wasmtime's.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 20000)]
    [InlineData(20260, 20000)]
    public void Mutants_get_wasmtimes_verdict(int seed, int count)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[][] seeds = [.. Samples.Valid.Select(Oracle.Assemble)];
        int valid = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] binary = seeds[random.Next(2, seeds.Length)];
            binary = random.Next(2) == 0 ? MutateBytes(random, binary, seeds) : MutateCode(random, binary);
            bool ours;
            string message;
            try
            {
                ours = Oracle.Ours(binary, out message);
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"seed {seed}, mutant {i}: {Convert.ToHexString(binary)}", exception);
            }

            string? theirs = Oracle.Wasmtime(binary);
            Assert.True(ours == theirs is null, $"seed {seed}, mutant {i}: ours '{message}', wasmtime '{theirs}'\n{Convert.ToHexString(binary)}");
            if (!ours) continue;
            valid++;
            byte[] again = ModuleWriter.Write(ModuleReader.Read(binary));
            Assert.Equal(again, ModuleWriter.Write(ModuleReader.Read(again)));
            Assert.Null(Oracle.Wasmtime(again));
        }

        output.WriteLine($"{valid} of {count} mutants are valid");
        Assert.InRange(valid, count / 50, count - (count / 50));
    }

    private static byte[] MutateBytes(Random random, byte[] source, byte[][] seeds)
    {
        var bytes = new List<byte>(source);
        for (int edits = random.Next(1, 4); edits > 0; edits--)
        {
            int at = random.Next(8, bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3: bytes.RemoveAt(at); break;
                case 4: bytes[at] += (byte)(random.Next(2) == 0 ? 1 : -1); break;
                default:
                    byte[] other = seeds[random.Next(2, seeds.Length)];
                    int from = random.Next(8, other.Length);
                    int length = Math.Min(random.Next(1, 12), Math.Min(other.Length - from, bytes.Count - at));
                    for (int i = 0; i < length; i++) bytes[at + i] = other[from + i];
                    break;
            }
        }

        return [.. bytes];
    }

    // Swaps whole instructions within a function, so that sections stay intact and the type rules decide.
    private static byte[] MutateCode(Random random, byte[] source)
    {
        Module module = ModuleReader.Read(source);
        int which = random.Next(module.Functions.Count);
        Function function = module.Functions[which];
        var instructions = new List<byte[]>();
        var reader = new InstructionReader(function.Code.Span);
        while (reader.Next()) instructions.Add(reader.InstructionBytes.ToArray());
        OpcodeInfo[] rows = [.. OpcodeTable.All.Where(row => row.Immediate == Immediate.None)];
        int at = random.Next(instructions.Count);
        switch (random.Next(5))
        {
            case 0: instructions[at] = instructions[random.Next(instructions.Count)]; break;
            case 1: instructions.RemoveAt(at); break;
            case 2: instructions.Insert(at, instructions[random.Next(instructions.Count)]); break;
            case 3:
                var code = new CodeWriter();
                code.Op(rows[random.Next(rows.Length)].Opcode);
                instructions.Insert(at, code.ToArray());
                break;
            default: instructions[at][^1] = (byte)random.Next(8); break;
        }

        module.Functions[which] = function with { Code = instructions.SelectMany(bytes => bytes).ToArray() };
        return ModuleWriter.Write(module);
    }
}
