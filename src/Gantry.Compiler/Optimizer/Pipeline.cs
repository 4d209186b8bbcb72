namespace Gantry.Compiler.Optimizer;

/// <summary>The order of the passes.</summary>
internal static class Pipeline
{
    private const int MaxRounds = 5;

    public static void Run(CompilationUnit unit, Function function)
    {
        if (!unit.Options.Optimize)
        {
            // Tail calls need a frame without variables even then.
            if (function.Method is { TailCalls: true })
                Clean(function);
            return;
        }

        Clean(function);
        for (var round = 0; round < MaxRounds && Inliner.Run(unit, function); round++)
            Clean(function);
        LoadElimination.Run(function);
        Clean(function);
        if (JumpThreading.Run(function))
            Clean(function);
        if (Inliner.RunOnItself(unit, function))
            Clean(function);
    }

    private static void Clean(Function function)
    {
        for (var again = true; again;)
        {
            again = Promotion.Run(function);
            ValueNumbering.Run(function);
            SsaUtil.RemoveDeadCode(function);
            if (!ControlFlow.Run(function))
                continue;
            ValueNumbering.Run(function);
            SsaUtil.RemoveDeadCode(function);
            ControlFlow.Run(function);
        }
    }
}
