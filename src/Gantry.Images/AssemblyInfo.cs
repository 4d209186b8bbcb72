using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Gantry.Images.Tests")]
