using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Float;

/// <summary>Every computational instruction of RISC-V F and D, results and flags, against qemu-user.</summary>
public sealed class FloatAgainstQemuTests(FloatAgainstQemuTests.Oracle oracle) : IClassFixture<FloatAgainstQemuTests.Oracle>
{
    public static TheoryData<string> Names => [.. RiscVFloatOperations.All.Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ResultsAndFlagsAgree(string name)
        => new FloatComparison(5, oracle.Qemu.RunOperands).Run(RiscVFloatOperations.All.Single(o => o.Name == name));

    /// <summary>One qemu for the whole class.</summary>
    public sealed class Oracle : IDisposable
    {
        public QemuRiscV Qemu { get; } = new();

        public void Dispose() => Qemu.Dispose();
    }
}
