using Gantry.Compiler.Harness;

namespace Gantry.Compiler.Tests;

/// <summary>Assemblies with bytes changed: the compiler makes a valid module or says what is wrong with the IL, and nothing else.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("corpus", 1, 150)]
    [InlineData("il", 2, 250)]
    public void Changed_method_bodies_give_a_valid_module_or_errors(string assembly, int seed, int count)
    {
        var wrong = new List<string>();
        int compiled = MutationCommand.Run(DifferentialTests.PathOf(assembly), seed, count, wrong.Add);
        output.WriteLine($"{compiled} of {count} mutants compiled");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        // Both must happen, or half of this is not tested.
        Assert.InRange(compiled, 1, count - 1);
    }
}
