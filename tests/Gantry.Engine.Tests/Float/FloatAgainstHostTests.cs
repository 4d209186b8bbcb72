namespace Gantry.Engine.Tests.Float;

/// <summary>SSE arithmetic, results and flags, against the processor the tests run on (an x86-64 with SSE4.1 and FMA).</summary>
public sealed class FloatAgainstHostTests(HostProcessor oracle) : IClassFixture<HostProcessor>
{
    public static TheoryData<string> Names => [.. SseFloatOperations.All.Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void ResultsAndFlagsAgree(string name)
        => new FloatComparison(4, oracle.RunOperands).Run(SseFloatOperations.All.Single(o => o.Name == name));
}
