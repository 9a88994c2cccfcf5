import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts", "compat-tests/**/*.unit.test.ts"],
          exclude: ["test/simulation/**"],
        },
      },
      {
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          testTimeout: 120_000,
        },
      },
    ],
    coverage: { provider: "v8", include: ["src/**"], exclude: ["src/protocol/generated/**"] },
  },
});
