using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>Last small rewrites of the instruction list.</summary>
internal static class Peephole
{
    public static void Run(List<Out> code)
    {
        var result = new List<Out>(code.Count);
        foreach (var next in code)
        {
            if (result.Count > 0)
            {
                var last = result[^1];
                if (next.Code == Opcode.LocalGet && last.Code == Opcode.LocalSet && last.Imm == next.Imm)
                {
                    last.Code = Opcode.LocalTee;
                    result[^1] = last;
                    continue;
                }

                // Code after a jump is never run; skip to where control can arrive again.
                if (last.Code is Opcode.Br or Opcode.Unreachable or Opcode.Return or Opcode.ReturnCall or Opcode.ReturnCallIndirect or Opcode.BrTable
                    && next.Code is Opcode.Unreachable)
                    continue;
                if (next.Code == Opcode.End && last.Code == Opcode.Br && last.Imm == 0 && EndsBlock(result))
                    result.RemoveAt(result.Count - 1);
            }

            result.Add(next);
        }

        code.Clear();
        code.AddRange(result);
    }

    /// <summary>Whether the innermost open construct is a block or an if, whose label is its end.</summary>
    private static bool EndsBlock(List<Out> code)
    {
        var depth = 0;
        for (var i = code.Count - 1; i >= 0; i--)
        {
            switch (code[i].Code)
            {
                case Opcode.End:
                    depth++;
                    break;
                case Opcode.Block or Opcode.If or Opcode.Loop:
                    if (depth == 0)
                        return code[i].Code != Opcode.Loop;
                    depth--;
                    break;
            }
        }

        return false;
    }
}
