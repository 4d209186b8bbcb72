using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>Last small rewrites of the instruction list.</summary>
internal static class Peephole
{
    public static void Run(List<Out> code)
    {
        var result = new List<Out>(code.Count);
        var open = new Stack<Opcode>();
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
                // The label of a block or an if is its end.
                if (next.Code == Opcode.End && last.Code == Opcode.Br && last.Imm == 0 && open.TryPeek(out var construct) && construct != Opcode.Loop)
                    result.RemoveAt(result.Count - 1);
            }

            if (next.Code is Opcode.Block or Opcode.If or Opcode.Loop)
                open.Push(next.Code);
            else if (next.Code == Opcode.End)
                open.TryPop(out _);
            result.Add(next);
        }

        code.Clear();
        code.AddRange(result);
    }
}
