using System.Diagnostics;
using System.Text.RegularExpressions;
using Gantry.Engine.Cpu.RiscV;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>The instruction table, read as text, against GNU objdump: every row with random operands.</summary>
public sealed partial class DisassemblerTests
{
    private const int Seed = 20241;
    private const int CasesPerRow = 40;

    [Fact]
    public unsafe void EveryRowReadsAsObjdumpPrintsIt()
    {
        var table = default(InstructionTable);
        table.Build();
        var random = new Random(Seed);
        var words = new List<uint>();
        for (var i = 0; i < table.Count; i++)
        {
            for (var n = 0; n < CasesPerRow; n++)
            {
                var row = table[i];
                var word = row->Match | ((uint)random.NextInt64() & ~row->Mask);
                // What the specification says to ignore, objdump takes only as zero: fields of fences, rounding of exact conversions.
                if (row->Match == 0x0F)
                    word &= 0x0FF0_000F;
                else if (row->Match is 0x100F or 0x42000053 or 0xD2000053 or 0xD2100053)
                    word &= row->Mask | (row->Match == 0x100F ? 0 : 0xF_8F80u);
                // CSR numbers that both sides know by name; objdump prints others in its own way.
                if (row->Format == Format.System && (word & 0x7F) == 0x73 && (row->Match & 0x3000) != 0)
                    word = (word & 0xFFFFF) | (new uint[] { 1, 2, 3, 0x100, 0x104, 0x105, 0x140, 0x141, 0x142, 0x143, 0x144, 0x180, 0xC00, 0xC01, 0xC02 }[n % 15] << 20);
                // Younger than Debian 12's binutils.
                if (Disassembler.Text(table, word, 0) is { } text && !text.StartsWith("czero", StringComparison.Ordinal))
                    words.Add(word);
            }
        }

        var theirs = Objdump(words);
        Assert.Equal(words.Count, theirs.Count);
        var wrong = new SortedDictionary<string, string>();
        for (var i = 0; i < words.Count; i++)
        {
            var ours = Disassembler.Text(table, words[i], (ulong)(i * 4))!;
            if (ours != theirs[i])
                wrong.TryAdd(ours.Split('\t')[0], $"{words[i]:x8}: ours '{ours}', objdump '{theirs[i]}'");
        }

        Assert.True(wrong.Count == 0, $"seed {Seed}: {wrong.Count} mnemonics differ, an example of each:\n" + string.Join('\n', wrong.Values));
    }

    private static List<string> Objdump(List<uint> words)
    {
        // Through the assembler, because only an ELF file can tell objdump about extensions.
        var folder = Directory.CreateTempSubdirectory("gantry-disassembler-");
        try
        {
            var source = Path.Combine(folder.FullName, "words.s");
            var binary = Path.Combine(folder.FullName, "words.o");
            File.WriteAllLines(source, words.Select(word => $".insn 0x{word:x8}"));
            Run("riscv64-linux-gnu-as", "-march=rv64imafdc_zicsr_zifencei_zicbom_zicboz_zba_zbb_zbs", "-o", binary, source);
            var text = Run("riscv64-linux-gnu-objdump", "-d", "-z", "-M", "no-aliases,numeric", binary);
            return [.. Line().Matches(text).Select(match => Comment().Replace(match.Groups[1].Value, "").TrimEnd())];
        }
        finally
        {
            folder.Delete(true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start; eng/setup.sh installs it");
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return text;
    }

    [GeneratedRegex(@"^\s+[0-9a-f]+:\t[0-9a-f]+\s+\t(.*)$", RegexOptions.Multiline)]
    private static partial Regex Line();

    // Symbols after an address, and "# 0x…" remarks.
    [GeneratedRegex(@"\s*(#.*|<.*>)$")]
    private static partial Regex Comment();
}
