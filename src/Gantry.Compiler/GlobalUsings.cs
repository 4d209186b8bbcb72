global using Function = Gantry.Compiler.IR.Function;
