namespace Gantry.Compiler.Optimizer;

/// <summary>The order of the passes.</summary>
internal static class Pipeline
{
    public static void Run(CompilationUnit unit, Function function)
    {
        if (!unit.Options.Optimize)
            return;
        _ = function;
    }
}
